"""Patterns: RE2's syntax, linear time, and words for what cannot be one."""

import time

import pytest

from penstock.pattern import Match, Pattern, PatternError

HALF = "\ud800"


def complaint(text: str) -> PatternError:
    with pytest.raises(PatternError) as caught:
        Pattern(text)
    return caught.value


@pytest.mark.parametrize(
    ("pattern", "text", "truth"),
    [
        ("a+", "aa", True),
        ("a+", "aab", False),
        ("", "", True),
        ("größe 😀", "größe 😀", True),
        ("(?i)ABC", "abc", True),
        (".", "\n", False),
    ],
)
def test_a_pattern_matches_the_whole_of_a_text(pattern, text, truth):
    assert Pattern(pattern).matches(text) is truth


def test_every_place_is_found_with_its_groups_counted_in_characters():
    assert list(Pattern("(é)(x)?").find_all("😀éx é")) == [
        Match(1, 3, ("é", "x")),
        Match(4, 5, ("é", None)),
    ]
    assert [match.start for match in Pattern("x*").find_all("ab")] == [0, 1, 2]


def test_a_pattern_knows_its_groups():
    pattern = Pattern("(a)(?P<word>b)(?:c)")
    assert (pattern.group_count, pattern.group_names) == (2, {"word": 2})


def test_what_is_not_re2_is_refused_with_what_to_do(capfd):
    assert str(complaint("a(")) == (
        "the pattern is not RE2: missing ): a(; "
        "write \\ before a character such as ( or * that stands for itself"
    )
    assert complaint("(?=a)").message.startswith("the pattern is not RE2: invalid perl operator")
    assert capfd.readouterr().err == ""


def test_a_pattern_that_is_too_long_is_refused():
    assert Pattern("a" * 8192).matches("a" * 8192)
    assert str(complaint("a" * 8193)) == "the pattern is longer than 8192 characters"


def test_half_a_character_is_no_text():
    assert str(complaint(HALF)) == "the pattern holds half a character"
    for search in (Pattern("a").matches, lambda text: list(Pattern("a").find_all(text))):
        with pytest.raises(PatternError, match="the text holds half a character"):
            search(f"a{HALF}")


def test_no_pattern_takes_long():
    started = time.perf_counter()
    assert not Pattern("^(a+)+$").matches("a" * 100_000 + "!")
    assert time.perf_counter() - started < 1
