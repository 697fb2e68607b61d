import time

import pytest

from penstock.render.text import (
    align,
    cell_width,
    clean,
    clean_lines,
    fit,
    joined,
    one_value,
    pad,
    safe_link,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Approved", "Approved"),
        ("grün 承認 ✓ 👩‍🚀 e\u0301", "grün 承認 ✓ 👩‍🚀 e\u0301"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[1;1Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bP1$r\x1b\\text", "text"),
        ("\x1b]52;c;aGk= never ends", "52;c;aGk= never ends"),
        ("\x1bcreset", "reset"),
        ("\x1b(0lines", "lines"),
        ("end\x1b", "end"),
        ("a\x00b\x07c\x08d\x7fe\x85f", "abcde f"),
        ("one\ntwo\r\nthree\tfour\u2028five", "one two three four five"),
        ("a\rb", "a b"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("Appr\u200boved", "Appr\\u200boved"),
        ("\ufeffx\u200ey", "\\ufeffx\\u200ey"),
        ("\U000e0041", "\\U000e0041"),
        ("half \ud83d a pair", "half \\ud83d a pair"),
        ("##vso[task.setvariable]x", "# #vso[task.setvariable]x"),
        ("see ##[error] and ##teamcity[x]", "see # #[error] and # #teamcity[x]"),
        ("## heading [x]", "## heading [x]"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("##\x1b[0m[error]", "# #[error]"),
        ("##\x00vso[x]", "# #vso[x]"),
        ("\x1b\x1b[31m[31mred", "[31mred"),
    ],
)
def test_text_from_outside_is_nothing_but_text(text, shown):
    assert clean(text) == shown
    assert clean(shown) == shown


def test_no_character_reaches_a_terminal_as_a_command():
    everything = "".join(chr(code) for code in [*range(0x2000), *range(0x2000, 0x2070), 0xD800])
    left = clean(everything)
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in left)
    left.encode("utf-8")


@pytest.mark.parametrize("piece", ["\x1b]", "\x9d", "\x1b[", "\x1b", "##", "\x1b]0;a"])
def test_hostile_text_takes_time_in_proportion_to_its_length(piece):
    began = time.process_time()
    clean(piece * 100_000)
    assert time.process_time() - began < 2


def test_lines_are_cleaned_one_by_one_and_empty_ones_left_out():
    assert clean_lines("one  \n\n\x1b[1mtwo\x1b[0m\r\nthree\u2028four") == [
        "one",
        "two",
        "three",
        "four",
    ]
    assert clean_lines("") == []


def test_a_value_is_cut_where_it_is_too_long_for_a_line():
    shown = one_value("word " * 10_000)
    assert len(shown) <= 200 and shown.endswith("…")
    assert one_value("short") == "short"


@pytest.mark.parametrize(
    "address", ["http://jira.example/browse/REL-1", "https://x.example:8080/a?b=c#d"]
)
def test_a_web_address_may_be_a_link(address):
    assert safe_link(address) == address


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://x.example/",
        "jira.example/browse/REL-1",
        "http:///nowhere",
        "http://x.example/\x1b]8;;http://evil.example\x07",
        "http://x.example/a b",
        "http://x.example/\u202e",
        "http://x.example/\n",
        "http://[::1",
    ],
)
def test_anything_else_is_no_link(address):
    assert safe_link(address) is None


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("承認", 4), ("é", 1), ("e\u0301", 1), ("✓", 1), ("", 0)]
)
def test_width_is_counted_in_columns(text, width):
    assert cell_width(text) == width
    assert cell_width(pad(text, 6)) == 6


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [("abcdef", 6, "abcdef"), ("abcdef", 4, "abc…"), ("承認待ち", 5, "承認…"), ("ab cd", 4, "ab…")],
)
def test_what_is_too_wide_is_cut_with_an_ellipsis(text, width, cut):
    assert fit(text, width) == cut


def test_padding_never_cuts():
    assert pad("abcdef", 3) == "abcdef"


def test_columns_are_aligned_and_empty_ones_left_out():
    rows = align([["a", "", "承認", "x"], ["bbb", "", "c", ""]])
    assert [joined(row) for row in rows] == ["a    承認  x", "bbb  c"]
