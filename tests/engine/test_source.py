"""The YAML reader. Y1 to Y18 are the rows of the threat model that a test answers."""

import os
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.errors import Refused
from penstock.json_types import Json
from penstock.source import Place, PlainText, Source, Value, parse, read, typed


def refusal(text: str) -> str:
    with pytest.raises(Refused) as caught:
        parse(text, "p.yaml")
    return str(caught.value)


def value_of(text: str) -> Value:
    return parse(text, "p.yaml").value


# What scalars become


# fmt: off
_UNQUOTED = [
    "1.10", "no", "on", "yes", "22:22", "0123", "1_000", "1e3", "0x1F", ".inf", ".nan", "true",
    "2024-02-30", "Null", "=", "9" * 5000, "a b", "http://x/y?z=1#k", "<+a.b>", "C:\\x", "a#b",
]
_PIECES = [
    "a", "b", ":", ": ", "- ", "\n", "  ", "\t", "[", "]", "{", "}", ",", "'", '"', "|", ">", "-",
    "? ", "&a", "*a", "!t ", "#", " #", "%", "@", "\\", "\\u", "\\ud83d", "---", "...", "~", "+",
    "null", "<<", "<+", "{{", "}}", "1", "\x85", "\u2028", "\r", "\ufeff", "é", "\0",
]
# fmt: on


@pytest.mark.parametrize("written", _UNQUOTED)
def test_an_unquoted_scalar_is_plain_text_as_it_was_written(written: str) -> None:
    """Y11, Y12, Y13."""
    value = value_of(f"key: {written}\nlist:\n  - {written}\n")
    assert value == {"key": written, "list": [written]}
    assert isinstance(value, dict)
    assert type(value["key"]) is PlainText


@pytest.mark.parametrize("written", ["", "null", "~"])
def test_nothing_and_null_are_none(written: str) -> None:
    assert value_of(f"key: {written}\n") == {"key": None}


@pytest.mark.parametrize("written", ["'null'", '"3"', "'~'", "''", "|\n  true\n", ">-\n  1.5\n"])
def test_a_quoted_or_block_scalar_is_never_plain(written: str) -> None:
    value = value_of(f"key: {written}\n")
    assert isinstance(value, dict)
    assert type(value["key"]) is str


def test_keys_are_text_whatever_they_look_like() -> None:
    """Y5, Y13."""
    value = value_of("on: a\n1: b\ntrue: c\n1.10: d\nnull: e\n")
    assert value == {"on": "a", "1": "b", "true": "c", "1.10": "d", "null": "e"}
    assert isinstance(value, dict)
    assert {type(key) for key in value} == {str}


def test_json_is_accepted() -> None:
    value = value_of('{"a":1,"b":[true,null,"\\ud83d\\ude00\\/"],"c":{"d":-2.5e3}}')
    assert value == {"a": "1", "b": ["true", None, "😀/"], "c": {"d": "-2.5e3"}}


def test_a_list_at_the_root_is_accepted() -> None:
    assert value_of("- a\n- b: c\n") == ["a", {"b": "c"}]


def test_a_byte_order_mark_and_windows_line_ends_are_accepted() -> None:
    """Y8."""
    source = parse("\ufeffa: b\r\nc: |\r\n  d\r\n  e\r\n", "p.yaml")
    assert source.value == {"a": "b", "c": "d\ne\n"}
    assert source.place(["a"]) == Place(1, 4)


def test_a_comment_after_a_value_is_a_comment() -> None:
    assert value_of("a: <+x.y> # why\nb: c#d\n") == {"a": "<+x.y>", "b": "c#d"}


# What is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # Y1, Y2, Y3: nothing can be written once and meant many times
        ("a: &x [1]\n", "p.yaml:1:4: YAML anchors are not supported; "),
        ("a: *x\n", "p.yaml:1:4: YAML aliases are not supported; "),
        ("? *x\n: 1\n", "p.yaml:1:3: YAML aliases are not supported; "),
        ("<<: {a: 1}\n", "p.yaml:1:1: merge keys are not supported; write the keys out"),
        # Y4, Y5
        (
            "steps: 1\nother: 2\nsteps: 3\n",
            "p.yaml:3:1: the key 'steps' stands twice, in line 1 and in line 3; keep one of them",
        ),
        ("1: a\n'1': b\n", "p.yaml:2:1: the key '1' stands twice, in line 1 and in line 2"),
        ("? a\n: [b]\n'a': {b: [c]}\n", "p.yaml:3:1: the key 'a' stands twice"),
        # Y6
        ("a:\n\tb: 1\n", "p.yaml:2:1: a tab where YAML wants spaces; replace it by spaces"),
        ("a:\tb\n", "p.yaml:1:3: a tab where YAML wants spaces"),
        ("a: b\t\n", "p.yaml:1:5: a tab where YAML wants spaces"),
        # Y8
        ("a: \0\n", "p.yaml:1:4: a NUL character; "),
        (
            "a: \x07\n",
            'p.yaml:1:4: the control character U+0007; delete it, or write it as "\\u0007"',
        ),
        ("a: \x1b[31m\n", "p.yaml:1:4: the control character U+001B"),
        (
            "a: b\rc: d\n",
            "p.yaml:1:5: a carriage return without a line feed; save the file with LF",
        ),
        ("a: x\ufeff\n", "p.yaml:1:5: a byte order mark inside the text"),
        ("a: \ud800\n", "p.yaml:1:4: half of a surrogate pair, U+D800"),
        # Y9
        ("a: x\x85b: 2\n", "p.yaml:1:5: the line separator U+0085, which only some tools"),
        ("# x\u2028b: 2\n", "p.yaml:1:4: the line separator U+2028"),
        # Y10, Y11
        ("a: !!python/object/apply:os.system [ls]\n", "p.yaml:1:4: YAML tags are not supported; "),
        ("%TAG !p! tag:x,2000:\n---\na: !p!x b\n", "p.yaml:1:1: YAML directives are not supported"),
        ("a: !p!x b\n", "p.yaml:1:4: YAML tags are not supported"),
        ("a: !secret x\n", "p.yaml:1:4: YAML tags are not supported"),
        ("a: ! x\n", "p.yaml:1:4: YAML tags are not supported"),
        ("a: !!set {b}\n", "p.yaml:1:4: YAML tags are not supported"),
        ("!!binary aGk=: b\n", "p.yaml:1:1: YAML tags are not supported"),
        ('a: "\\ud800"\n', "p.yaml:1:4: half of a surrogate pair in this text"),
        ('a: "x\\0"\n', "p.yaml:1:4: a NUL character in this text"),
        # Y15
        ("", "p.yaml:1:1: the file is empty; write a mapping into it, such as 'key: value'"),
        ("# only a comment\n", "p.yaml:1:1: the file is empty"),
        ("---\n", "p.yaml:1:1: the file is empty"),
        ("null\n", "p.yaml:1:1: the file is empty"),
        ("\n just text\n", "p.yaml:2:2: the file holds one text only"),
        ("a: 1\n---\nb: 2\n", "p.yaml:2:1: a second document begins here; keep one"),
        # Y16
        (
            "a: {{ x }}\n",
            "p.yaml:1:4: an unquoted '{{' begins a YAML mapping, not an expression; quote",
        ),
        ("a: {{ x }}-{{ y }}\n", "p.yaml:1:4: an unquoted '{{' begins a YAML mapping"),
        ("- {{ x | f('y, z') }} b\n", "p.yaml:1:3: an unquoted '{{' begins a YAML mapping"),
        ("a: [b, {{x}}]\n", "p.yaml:1:8: an unquoted '{{' begins a YAML mapping"),
        ("a: <+a ? 1 : 2>\n", "p.yaml:1:12: an unquoted expression holds ': ', which YAML takes"),
        ("- <+a ? 1 : 2>\n", "p.yaml:1:3: an unquoted expression holds ': ', which YAML takes"),
        ("a: <+b == ' #1'>\n", "p.yaml:1:13: ' #' begins a comment and cuts the expression before"),
        # Y17
        ('"a\\u202eb": 1\n', "p.yaml:1:1: the key 'a\\u202eb' holds the hidden character U+202E"),
        ("a\u200bb: 1\n", "p.yaml:1:1: the key 'a\\u200bb' holds the hidden character U+200B"),
        ('? "a\\nb"\n: 1\n', "p.yaml:1:3: the key 'a\\nb' holds the hidden character U+000A"),
        # Keys that are none
        ("? [a]\n: b\n", "p.yaml:1:3: a list or a mapping cannot be a key"),
        ("{a: b}: c\n", "p.yaml:1:1: a list or a mapping cannot be a key"),
        ("?\n: b\n", "p.yaml:1:2: a key is missing before ':'"),
        ("a: {: b}\n", "p.yaml:1:5: a value is missing, or begins with a sign of YAML"),
        # Everyday mistakes
        ("a: b: c\n", "p.yaml:1:5: a second ': ' in one value; put the whole value in quotes"),
        ("a: b\n c: d\n", "p.yaml:2:3: this line does not fit the lines above it; indent it"),
        ("a:\n  - b\n c: d\n", "p.yaml:3:2: this line does not fit the lines above it"),
        ("a: 1\nb\nc: 2\n", "p.yaml:2:1: this line is no 'key: value'; add the colon"),
        ("a: 'x\nb: 1\n", "p.yaml:1:4: the quote that begins here is never closed"),
        (
            "a: 'x' y\n",
            "p.yaml:1:8: text after a value that is complete; put the whole value in one",
        ),
        ("a: [1, 2\nb: 3\n", "p.yaml:1:4: the '[' that begins here is not closed properly; put"),
        ("a: {b: 1\n", "p.yaml:1:4: the '{' that begins here is not closed properly"),
        ("a: [1,\n", "p.yaml:2:1: the file ends within a '[' or a '{'; close the bracket"),
        ("a: [,]\n", "p.yaml:1:5: a value is missing, or begins with a sign of YAML"),
        (
            "a: @b\n",
            "p.yaml:1:4: a value cannot begin with this character; put the value in quotes",
        ),
        (
            "a: *.yaml\n",
            "p.yaml:1:4: a value cannot begin with '*' or '&'; put the value in quotes",
        ),
        ("a: - b\n", "p.yaml:1:4: a list cannot begin here; put '- ' on a line of its own"),
        ("a: |x\n  b\n", "p.yaml:1:5: only + - or a digit may follow '|' or '>'"),
        ('a: "\\d"\n', "p.yaml:1:6: no such escape in double quotes; write \\\\ for a backslash"),
        ('a: "\\x1"\n', "p.yaml:1:7: no such escape in double quotes"),
        ('a: "\\U00110000"\n', "p.yaml:1:7: no such escape in double quotes"),
        ('a: "\\UFFFFFFFF"\n', "p.yaml:1:7: no such escape in double quotes"),
    ],
)
def test_what_is_not_strict_yaml_is_refused_with_its_place_and_advice(
    text: str, message: str
) -> None:
    assert refusal(text).startswith(message)


def test_all_faults_are_found_in_one_go() -> None:
    text = "a: 1\n<<: x\n&y b: c\nc: !t 1\nd: *y\nd: 1\ne: 'x"
    assert [line.split(":")[1] for line in refusal(text).splitlines()] == list("234567")


def test_every_hidden_character_is_named_in_one_go() -> None:
    assert refusal("a: \x07\nb: \x08\n").splitlines()[1].startswith("p.yaml:2:4: ")


def test_a_key_is_shown_short_and_without_what_acts_on_a_terminal() -> None:
    message = refusal(f'"{"k" * 100}": 1\n"{"k" * 100}": 2\n"\\e[31m": 3\n')
    assert "k" * 60 + "..." in message and "k" * 61 not in message
    assert "'\\x1b[31m'" in message and "\x1b" not in message


@pytest.mark.parametrize(
    "text",
    ["tok-123: a: b\n", "a: tok-123: b\n", "a: <+tok-123 ? 1 : 2>\n", "tok-123\n", "a: 'tok-123\n"],
)
def test_no_message_shows_a_value(text: str) -> None:
    """The text may be a file of secrets."""
    assert "tok-123" not in refusal(text)


def test_a_source_shows_its_file_and_not_its_contents() -> None:
    assert repr(parse("a: b", "p.yaml")) == "Source('p.yaml')"


# Bombs (Y1, Y2, Y3, Y7, Y14): refused before they cost anything

_LAUGHS = "a: &a [x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in ("ab", "bc", "cd", "de"))
_MERGES = "a: &L {x: 1}\n" + "".join(f"b{i}: &L{i}\n  <<: [*L, *L]\n" for i in range(21))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (_LAUGHS, "anchors are not supported"),
        (_MERGES, "anchors are not supported"),
        ("a: &a [*a]\n", "anchors are not supported"),
        ("".join(f"key{i}: {i}\n" for i in range(200_000)), "larger than 256 KiB; split it"),
        ("ä" * 140_000, "larger than 256 KiB"),
        ("[" * 2_000, "1:65: nested too deeply; at most 64 levels"),
        ("[" * 100_000, "1:65: nested too deeply"),
        ("{a: " * 60_000, "nested too deeply"),
        ("[{b: " * 50_000, "nested too deeply"),
        ("- " * 100_000, "nested too deeply"),
        ("? " * 100_000, "too many values; split it: at most 20,000"),
        ("[\n" * 100_000, "nested too deeply"),
        ("".join(f"{' ' * i}k:\n" for i in range(700)), "nested too deeply"),
        ("- a\n" * 60_000, "too many values"),
        ("[" + "a," * 130_000, "too many values"),
        ('"' + "a " * 130_000, "the quote that begins here is never closed"),
        ("&a " * 80_000, "anchors are not supported"),
        ("1: a\n" * 40_000, "the key '1' stands twice"),
        ("\0" * 200_000, "a NUL character"),
        ("a\n" * 130_000, "the file holds one text only"),
        ("#" * 260_000, "the file is empty"),
    ],
)
def test_a_bomb_is_refused_before_it_costs_much(text: str, message: str) -> None:
    before = time.process_time()
    assert message in refusal(text)
    # The worst takes 0.2 s; several times that under coverage, on a busy machine.
    assert time.process_time() - before < 3.0


@pytest.mark.parametrize("text", ["\0" * 1000, "1: a\n" * 1000, "- &a b\n" * 1000])
def test_at_most_fifty_faults_are_listed(text: str) -> None:
    assert len(refusal(text).splitlines()) == 50


def test_64_levels_are_read() -> None:
    assert typed(value_of("[" * 64 + "]" * 64)) is not None
    assert "nested too deeply" in refusal("[" * 65 + "]" * 65)


def test_a_pipeline_of_two_thousand_lines_is_read_quickly() -> None:
    step = '  - step:\n      name: Create {0}\n      spec:\n        value: "<+a.b> of {0}"\n'
    text = "steps:\n" + "".join(step.format(i) for i in range(500))
    before = time.process_time()
    parse(text, "p.yaml")
    # It takes 0.06 s: see above.
    assert time.process_time() - before < 1.0


@given(st.one_of(st.text(), st.lists(st.sampled_from(_PIECES)).map("".join)))
def test_any_text_gives_a_tree_of_text_or_is_refused(text: str) -> None:
    try:
        source = parse(text, "p.yaml")
    except Refused as refused:
        places = [fault.line for fault in refused.faults]
    else:
        places = [source.place(()).line]
        _assert_is_tree(source, (), source.value)
    assert places and all(places)


def _assert_is_tree(source: Source, path: tuple[str | int, ...], value: Value) -> None:
    place = source.place(path)
    assert place.line >= 1 and place.column >= 1
    if isinstance(value, dict):
        for key, item in value.items():
            assert type(key) is str
            _assert_is_tree(source, (*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _assert_is_tree(source, (*path, index), item)
    else:
        assert value is None or type(value) in {str, PlainText}


# Places

_PLACES = """\
pipeline:
  name: x
  "quoted key": 'it''s'
  steps:
    - step: {a: 1, b: [2, 3]}
    - null
"""


@pytest.mark.parametrize(
    ("path", "place", "key_place"),
    [
        ((), (1, 1), (1, 1)),
        (("pipeline",), (2, 3), (1, 1)),
        (("pipeline", "name"), (2, 9), (2, 3)),
        (("pipeline", "quoted key"), (3, 17), (3, 3)),
        (("pipeline", "steps", 0), (5, 7), (5, 7)),
        (("pipeline", "steps", 0, "step", "b", 1), (5, 27), (5, 27)),
        (("pipeline", "steps", 1), (6, 7), (6, 7)),
        (("pipeline", "steps", 7, "name"), (5, 5), (4, 3)),
        (("pipeline", "spec", "auth"), (2, 3), (1, 1)),
        (("nothing",), (1, 1), (1, 1)),
    ],
)
def test_a_path_has_a_place_or_its_nearest_ancestor_has(
    path: tuple[str | int, ...], place: tuple[int, int], key_place: tuple[int, int]
) -> None:
    source = parse(_PLACES, "p.yaml")
    assert source.place(path) == Place(*place)
    assert source.place(path, key=True) == Place(*key_place)


def _mark(text: str) -> tuple[Source, int, Place]:
    """Return the source of ``key:`` whose value holds an X, the X's offset, and its place."""
    source = parse(text, "p.yaml")
    assert isinstance(source.value, dict) and isinstance(source.value["key"], str)
    line, column = next(
        (number, content.index("X") + 1)
        for number, content in enumerate(text.splitlines(), 1)
        if "X" in content
    )
    return source, source.value["key"].index("X"), Place(line, column)


@pytest.mark.parametrize(
    "text",
    [
        "key: abX\n",
        "key: a  b   Xc # d\n",
        "key: 'a''b''X'\n",
        'key: "a\\"\\x41\\u0041\\U00000041\\ud83d\\ude00\\n  X"\n',
        "key: |\n  one\n  two X\n",
        "key: |\n\n\n    one\n\n      two\n    three  X  \n",
        "key: |2\n    one\n   X\n",
        "key: |-\n  <+a>\n  <+a>\n  <+aX>\n",
        "a: 1\nkey: >\n  one\n  two\n\n  three X\n    four\n",
        "key: >2-\n    one\n  two X\n",
        "key: one\n  two\n\n\n  three X\n",
        "key: 'one\n\n  two '' X'\n",
        'key: "one\n\n  two \\" X"\n',
        'key: "one \\\n  two X"\n',
        "key: X\n",
        "key: 'X'\n",
        "key: |\n  X\n",
    ],
)
def test_an_offset_in_a_value_is_found_in_the_text(text: str) -> None:
    source, offset, place = _mark(text)
    assert source.place(["key"], offset=offset) == place


def test_an_offset_beyond_the_value_is_the_end_of_the_value() -> None:
    source = parse("a: 'bc'\nd: |\n  ef\n", "p.yaml")
    assert source.place(["a"], offset=99) == Place(1, 7)
    assert source.place(["d"], offset=99) == Place(3, 5)


def test_an_offset_in_nothing_is_its_beginning() -> None:
    source = parse("a:\nb: {c: d}\n", "p.yaml")
    assert source.place(["a"], offset=3) == Place(1, 3)
    assert source.place(["b"], offset=3) == Place(2, 4)


@given(st.integers(1, 6), st.lists(st.text("ab \t'\"\\", min_size=1), min_size=1))
def test_every_character_of_a_literal_block_is_found(indent: int, lines: list[str]) -> None:
    body = "".join(f"{' ' * indent}|{line}|\n" for line in lines)
    source = parse(f"key: |\n{body}", "p.yaml")
    assert isinstance(source.value, dict)
    value = source.value["key"]
    assert isinstance(value, str)
    for offset, character in enumerate(value):
        place = source.place(["key"], offset=offset)
        line = body.splitlines()[place.line - 2]
        assert character == (line + "\n")[place.column - 1]


def test_a_fault_carries_file_and_place() -> None:
    fault = parse("a:\n  b: c\n", "p.yaml").fault(["a", "b"], "is wrong", "mend it", key=True)
    assert str(fault) == "p.yaml:2:3: is wrong; mend it"


# Files


def test_a_file_is_read_with_its_name_for_faults(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_bytes(b"\xef\xbb\xbfname: Gr\xc3\xbc\xc3\x9fe\n")
    source = read(file)
    assert source.value == {"name": "Grüße"}
    assert source.file == str(file)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    """Kubernetes mounts every file as one."""
    (tmp_path / "real").write_text("a: b\n")
    (tmp_path / "link.yaml").symlink_to("real")
    assert read(tmp_path / "link.yaml").value == {"a": "b"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a: b\nc: \xe4\n", ":2:4: byte 0xe4 is not UTF-8; save the file as UTF-8"),
        (b"a: \xc3\xa4 \xc3(\n", ":1:6: byte 0xc3 is not UTF-8"),
        ("a: b".encode("utf-16"), ":1:1: byte 0xff at the beginning: this is UTF-16"),
        (b"\xfe\xff\0a", ":1:1: byte 0xfe at the beginning: this is UTF-16"),
        ("a: b".encode("utf-16-le"), ":1:2: a NUL character"),
        (b"x" * 300_000, ": larger than 256 KiB"),
    ],
)
def test_a_file_that_is_no_short_utf8_is_refused(
    tmp_path: Path, content: bytes, message: str
) -> None:
    """Y7, Y8."""
    file = tmp_path / "p.yaml"
    file.write_bytes(content)
    with pytest.raises(Refused) as caught:
        read(file)
    assert str(caught.value).startswith(f"{file}{message}")


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    """Y18."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    for name, kind in [
        ("", "a directory"),
        ("fifo", "a FIFO"),
        ("link", "a FIFO"),
        ("zero", "a device"),
        ("socket", "a socket"),
    ]:
        with pytest.raises(Refused, match=f"is {kind}, not a file; name a regular file"):
            read(tmp_path / name)


def test_a_file_that_cannot_be_opened_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name, reason in [("none", "no such file or directory"), ("loop", "too many levels")]:
        with pytest.raises(Refused, match=f"cannot be read: {reason}"):
            read(tmp_path / name)
    with pytest.raises(Refused, match="is not a path"):
        read(tmp_path / "a\0b")


# Types, where somebody asks for them


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("False", False),
        ("NULL", None),
        ("3", 3),
        ("-12", -12),
        ("+7", 7),
        ("0123", 123),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.10", 1.1),
        ("-.5", -0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", "9223372036854775808"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("9" * 5000, "9" * 5000),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1_000", "1_000"),
        ("22:22", "22:22"),
        ("no", "no"),
        ("2026-03-02", "2026-03-02"),
        ("٣", "٣"),
        ("'3'", "3"),
        ('"true"', "true"),
    ],
)
def test_plain_text_is_typed_by_the_core_schema_and_quoted_text_is_not(
    written: str, value: Json
) -> None:
    found = typed(value_of(f"a: [{written}]"))
    assert found == {"a": [value]}
    assert isinstance(found, dict) and type(found["a"][0]) is type(value)
