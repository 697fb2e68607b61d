"""One script in Bash: in a process group of its own, read line by line, never left behind.

The script is handed over in a file without a name, so that what is in it (a secret, say) is
neither in the list of processes nor left on the disk. Bash sources it from a wrapper, which

- starts a watchdog: it ends the whole group once the engine is no more, however that died;
- writes the wanted variables into another such file when the script ends, by ``exit`` too.
"""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from penstock_core.lines import Lines

__all__ = ["Finished", "OutOfTime", "Script", "run_bash"]

#: Seconds between two looks at whether to stop.
_SLICE = 0.1
#: Seconds in which what is printed before the end may still arrive.
_LATE = 0.5
_CHUNK = 64 * 1024
#: Bytes of all variables together.
_LARGEST = 1024 * 1024

# The watchdog is nobody's child, so that a `wait` in the script does not wait for it.
_WATCHDOG = """\
( (trap "" TERM INT HUP; read -r _ <&{life}; kill -KILL -- -$$) >/dev/null 2>&1 & )
exec {life}<&-
"""
_PLAIN = """\
. /dev/fd/{script}
"""
_REPORTING = """\
trap '{report}' EXIT
. /dev/fd/{script}
penstock_status=$?
{report}
exit $penstock_status
"""


class OutOfTime(Exception):
    """The script was ended since its time was over."""

    def __init__(self, last: tuple[str, ...]) -> None:
        """Take the last lines that it printed."""
        super().__init__("the script's time is over")
        self.last = last


@dataclass(frozen=True)
class Script:
    """A script and its surroundings; ``variables`` are those whose values are wanted."""

    text: str
    environ: Mapping[str, str]
    directory: Path
    variables: tuple[str, ...] = ()
    bash: str = "bash"
    #: Seconds between being asked to end and being killed.
    grace: float = 5.0


@dataclass(frozen=True)
class Finished:
    """How a script ended.

    ``values`` has what each variable held, ``None`` for one that was not set; it is ``None`` as a
    whole where the script ended in a way that left none.
    """

    code: int
    values: Mapping[str, str | None] | None
    last: tuple[str, ...]


def run_bash(
    script: Script,
    *,
    log: Callable[[str], None],
    check: Callable[[], None],
    seconds_left: Callable[[], float],
) -> Finished:
    """Run *script* and give each line that it prints to *log*.

    It is ended, with all that it has started, when *seconds_left* are over (``OutOfTime``) and
    when *check* raises; what it leaves running at its own end is ended, too. Raises ``OSError``
    and ``ValueError`` for what cannot be started.
    """
    with ExitStack() as stack:
        source = _nameless(stack, script.text.encode("utf-8"))
        report = _nameless(stack, b"")
        life, _ = _life(stack)
        lines = Lines(log, f"/dev/fd/{source.fileno()}")
        child = _started(script, source.fileno(), report.fileno(), life)
        stack.enter_context(child)
        output = _Output(child, lines)
        try:
            _follow(child, output, check, seconds_left)
        finally:
            _end(child, output, script.grace)
        return Finished(child.wait(), _values(report, script.variables), lines.last)


def _nameless(stack: ExitStack, content: bytes) -> BinaryIO:
    file: BinaryIO = stack.enter_context(tempfile.TemporaryFile(buffering=0))  # noqa: SIM115 - it is one
    file.write(content)
    file.seek(0)
    return file


def _life(stack: ExitStack) -> tuple[int, int]:
    """Return the ends of a pipe of which only this process holds the second."""
    ends = os.pipe()
    for end in ends:
        stack.callback(os.close, end)
    return ends


def _started(script: Script, source: int, report: int, life: int) -> "subprocess.Popen[bytes]":
    values = " ".join(f'"${{{name}+=${name}}}"' for name in script.variables)
    wrapper = _WATCHDOG + (_REPORTING if script.variables else _PLAIN)
    text = wrapper.format(
        life=life, script=source, report=f'builtin printf "%s\\0" {values} >&{report}'
    )
    return subprocess.Popen(  # noqa: S603 - to run what the pipeline says is the purpose
        [script.bash, "-c", text, "script"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={name.encode(): value.encode() for name, value in script.environ.items()},
        cwd=script.directory,
        pass_fds=(source, report, life),
        start_new_session=True,
    )


def _follow(
    child: "subprocess.Popen[bytes]",
    output: "_Output",
    check: Callable[[], None],
    seconds_left: Callable[[], float],
) -> None:
    while child.poll() is None:
        output.read(_SLICE)
        check()
        if seconds_left() <= 0 and child.poll() is None:
            raise OutOfTime(output.lines.last)


class _Output:
    """What a child prints, until nobody can print any more."""

    def __init__(self, child: "subprocess.Popen[bytes]", lines: Lines) -> None:
        assert child.stdout is not None  # noqa: S101 - says so to the type checker: it is a pipe
        self.lines = lines
        self._child = child
        self._descriptor = child.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._descriptor, selectors.EVENT_READ)
        self._ended = False

    def read(self, seconds: float) -> bool:
        """Take what has been printed; wait for at most *seconds*, or the end of the child."""
        if self._ended:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
            return False
        if not self._selector.select(seconds):
            return False
        data = os.read(self._descriptor, _CHUNK)
        self._ended = not data
        self.lines.feed(data)
        return not self._ended

    def drain(self) -> None:
        """Take what was printed before the end; who has left the group may go on printing."""
        end = time.monotonic() + _LATE
        while self.read(0) and time.monotonic() < end:
            pass
        self.lines.end()
        self._selector.close()


def _end(child: "subprocess.Popen[bytes]", output: _Output, grace: float) -> None:
    """End whatever still runs of the group: a script may run its traps, but not for long."""
    try:
        if child.poll() is None:
            _signal(child, signal.SIGTERM)
        end = time.monotonic() + grace
        while child.poll() is None and time.monotonic() < end:
            output.read(_SLICE)
    finally:
        _signal(child, signal.SIGKILL)
        output.drain()


def _signal(child: "subprocess.Popen[bytes]", number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):  # nobody is left; macOS says the latter
        os.killpg(child.pid, number)


def _values(report: BinaryIO, variables: tuple[str, ...]) -> Mapping[str, str | None] | None:
    data = os.pread(report.fileno(), _LARGEST + 1, 0)
    if len(data) > _LARGEST:
        raise ValueError(f"its variables hold more than {_LARGEST // 1024} KiB")
    found = data.split(b"\0")
    if len(found) <= len(variables):
        return None
    texts = [item.decode("utf-8", "replace") for item in found]
    return {
        name: text.removeprefix("=") if text else None
        for name, text in zip(variables, texts, strict=False)
    }
