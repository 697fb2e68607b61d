import errno
import io
import subprocess
import sys

import pytest

from penstock.render.output import Output


def test_what_is_written_goes_to_the_stream():
    stream = io.StringIO()
    output = Output(stream)
    assert output.write("line\n") == 5
    output.flush()
    assert stream.getvalue() == "line\n"
    assert output.writable() and not output.isatty() and output.problem is None


def test_a_stream_without_an_encoding_takes_utf_8():
    assert Output(io.StringIO()).encoding == "utf-8"


def test_characters_that_the_stream_lacks_are_escapes(streams):
    stream = streams["ascii"]()
    output = Output(stream)
    assert not output.can_write("✓") and output.can_write("yes")
    output.write("✓ grün")
    assert stream.getvalue() == "\\u2713 gr\\xfcn"


@pytest.mark.parametrize("error", [BrokenPipeError, OSError])
def test_an_output_whose_other_end_is_gone_goes_quiet(streams, error):
    stream = streams["broken"](lasts=1, error=error)
    output = Output(stream)
    for _ in range(3):
        output.write("line\n")
        output.flush()
    assert stream.getvalue() == "line\n"
    assert isinstance(output.problem, error)


def test_a_flush_that_fails_is_the_end_of_it_too():
    class Full(io.StringIO):
        flushes = 0

        def flush(self) -> None:
            self.flushes += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    stream = Full()
    output = Output(stream)
    output.flush()
    output.flush()
    output.write("more")
    assert stream.flushes == 1 and stream.getvalue() == ""


def test_a_closed_pipe_neither_ends_the_process_nor_spoils_its_exit_code():
    script = """
import sys
from penstock.render.output import Output
output = Output(sys.stdout)
for number in range(20000):
    output.write(f"{number}\\n")
    output.flush()
sys.exit(3 if output.problem else 4)
"""
    assert Output(sys.__stdout__).fileno() == sys.__stdout__.fileno()
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 3
