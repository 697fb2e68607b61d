"""Bytes as lines, however they come."""

import pytest

from penstock_core.lines import Lines


def lines_of(*pieces, script=""):
    found = []
    lines = Lines(found.append, script)
    for piece in pieces:
        lines.feed(piece)
    lines.end()
    return found, lines.last


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([], []),
        ([b"one\ntwo\n"], ["one", "two"]),
        ([b"on", b"e\nt", b"wo"], ["one", "two"]),
        ([b"\n\nx\n"], ["", "", "x"]),
        ([b"windows\r\n"], ["windows"]),
        ([b"10%\r20%\r30%\n"], ["30%"]),
        (["h\u00e9 \U0001f600\n".encode()], ["h\u00e9 \U0001f600"]),
        (["\u00e9".encode()[:1], "\u00e9\n".encode()[1:]], ["\u00e9"]),
        ([b"\xff\xfe\n"], ["\ufffd\ufffd"]),
        ([b"x" * 65_537], ["x" * 65_536, "x"]),
        ([b"x" * 200_000, b"y\n"], ["x" * 65_536] * 3 + ["x" * 3_392 + "y"]),
    ],
)
def test_bytes_become_lines(pieces, expected):
    assert lines_of(*pieces)[0] == expected


def test_the_last_lines_are_remembered_without_blank_ones_and_cut():
    text = "".join(f"line {i}\n \n" for i in range(9)) + "x" * 1_000
    assert lines_of(text.encode())[1] == (
        *(f"line {i}" for i in range(5, 9)),
        "x" * 300 + "…",
    )


def test_a_complaint_of_the_shell_names_the_script_and_not_where_it_was_read_from():
    complaint = b"/dev/fd/7: line 3: foo: command not found\n/dev/fd/71: line 3: x\n"
    assert lines_of(complaint, script="/dev/fd/7")[0] == [
        "script: line 3: foo: command not found",
        "/dev/fd/71: line 3: x",
    ]
