"""What expressions refuse, in words that say where it is and what to write instead."""

from datetime import UTC, datetime

import pytest

from penstock.expressions import ExpressionError, Names, parse

NOW = datetime(2026, 1, 31, 22, 5, 6, 789_123, tzinfo=UTC)
VALUES = {
    "pipeline": {
        "name": "Payments",
        "variables": {
            "version": "1.10",
            "count": 3,
            "nothing": None,
            "Risk Level": "Low",
            "my-var": "dashed",
        },
    },
    "list": ["a", "b", "a"],
    "empty": {"list": [], "map": {}, "text": ""},
}


def render(text: str) -> object:
    return parse(text).render(Names(VALUES, lambda: NOW))


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        render(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{{ "a" < "b" }}', "text 'a' and text 'b' have no order; turn text into a number"),
        ('{{ "10" > 9 }}', "have no order"),
        ("{{ true < false }}", "true and false have no order"),
        ("{{ list < list }}", "a list and a list have no order"),
        ('{{ currentDate() < "soon" }}', "the date 2026-01-31 and text 'soon' have no order"),
        ('{{ "a" * 3 }}', "a number is needed here, not text 'a'"),
        ("{{ list + list }}", "a number is needed here, not a list"),
        ("{{ 1 / 0 }}", "cannot be divided by 0"),
        ("{{ 1 - null }}", "a number is needed here, not null"),
        ("{{ -list }}", "a number is needed here, not a list"),
        ("{{ not 'x' }}", "yields text 'x', not true or false"),
        ("{{ 'x' and true }}", "yields text 'x', not true or false"),
        ("{{ list or true }}", "yields a list, not true or false"),
        ("{{ 1 if 1 else 2 }}", "yields the number 1, not true or false"),
        ("{{ 1 in 5 }}", "nothing can be in the number 5"),
        ("{{ 1 in 'a1' }}", "text is needed here, not the number 1"),
        ("{{ 1 < 2 < 3 }}", "compare two values at a time"),
        ('{{ 1 =~ "1" }}', "text is needed here"),
        ('<+"a" =~ "(">', "the pattern is not RE2: missing )"),
        ('<+"a" =~ "(?=a)">', "the pattern is not RE2"),
        ("{{ list[3] }}", "the list has 3 items, and none at 3; count from 0"),
        ("{{ list[-1] }}", "none at -1"),
        ("{{ list[1.0] }}", "a whole number is needed here"),
        ("{{ list[true] }}", "a whole number is needed here"),
        ("{{ list.first }}", "a list has nothing called 'first' in it"),
        ("{{ pipeline.name.length }}", "text 'Payments' has nothing called 'length' in it"),
        ("{{ pipeline.variables.nothing.x }}", "null has nothing called 'x' in it"),
        ("{{ pipeline[null] }}", "a whole number is needed here, not null"),
        ("{{ 'abc'.substring(2, 1) }}", "2 to 1 is not inside a text of 3 characters"),
        ("{{ 'abc'.charAt(3) }}", "3 is not inside a text of 3 characters"),
        ("{{ 'abc'.split('') }}", "split needs something to split at"),
        ("{{ 'abc'.split(empty.text) }}", "split needs something to split at"),
        ("{{ 'abc'.contains(1) }}", "text is needed here, not the number 1"),
        ("{{ 'abc'.join('') }}", "text 'abc' has no method 'join'"),
        ("{{ 1.size() }}", "the number 1 has no method 'size'"),
        ("{{ null.toString() }}", "null has no method 'toString'"),
        ("{{ 'abc'.toUppercase() }}", "no method 'toUppercase'; did you mean 'toUpperCase'?"),
        ("{{ 'abc'.charAt() }}", "'charAt' takes 1 argument, not 0"),
        ("{{ 'abc'.indexOf('a', 1, 2) }}", "'indexOf' takes 1 to 2 arguments, not 3"),
        ("{{ list.indexOf('a', 1) }}", "'indexOf' takes 1 argument"),
        ("{{ currentDate().plusHours(1) }}", "a date has no hours; use currentTime() instead"),
        ("{{ currentDate().plusYears(9000) }}", "outside the years 1 to 9999"),
        ("{{ currentTime().plusDays(9223372036854775807) }}", "outside the years 1 to 9999"),
        ("{{ currentDate().plusDays('2') }}", "a whole number is needed here, not text '2'"),
        ("{{ currentDate(1) }}", "'currentDate' takes 0 arguments, not 1"),
        ("{{ currentdate() }}", "no function 'currentdate'; did you mean 'currentDate'?"),
        ("{{ list|sort }}", "there is no filter 'sort'"),
        ("{{ list|join(1) }}", "text is needed here"),
        ("{{ 'a'|join }}", "a list is needed here, not text 'a'"),
        ("{{ 'a'|first }}", "a list is needed here, not text 'a'"),
        ("{{ empty.list|last }}", "the list is empty"),
        ("{{ 1|length }}", "the number 1 has no length"),
        ("{{ 1|upper }}", "text is needed here"),
        ("{{ 'x'|int }}", "not a whole number"),
        ("{{ '1_000'|int }}", "not a whole number"),
        ("{{ '1,5'|float }}", "not a number"),
        ("{{ true|int }}", "a number is needed here, not true"),
        ("{{ '9999999999999999999'|int }}", "more than 64 bits"),
        ("{{ list is iterable }}", "there is no test 'iterable'"),
        ("{{ x is }}", "ends too early"),
        ("x<+pipeline.variables.nothing>", "<+pipeline.variables.nothing>: the value is null"),
        ("{{ 'a' ~ null }}", "the value is null"),
        ('<+secrets.list("a")>', "there is no function 'secrets.list'; known: getValue"),
        ('<+secrets.get("a")>', "'secrets' has functions only; write secrets.getValue(…)"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(text: str, words: str) -> None:
    assert words in str(refusal(text))


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        (
            "ab <+pipeline.variables.verison>",
            "pipeline.variables.verison: 'verison' is not there; did you mean 'version'?",
            5,
        ),
        ("<+pipelin.name>", "pipelin.name: 'pipelin' is not there; did you mean 'pipeline'?", 2),
        (
            "<+pipeline.variables.verison.major.x>",
            "pipeline.variables.verison.major.x: 'verison'",
            2,
        ),
        (
            "<+pipeline.variables.'Risk Lvl'>",
            "pipeline.variables.'Risk Lvl': 'Risk Lvl' is not there; did you mean 'Risk Level'?",
            2,
        ),
        ("<+pipeline.variables.my-var>", 'write ."my-var" if that is what you mean', 2),
        ("<+empty.map.x>", "empty.map.x: 'x' is not there; nothing is there", 2),
        ("{{ pipeline.get('nme') }}", "'nme' is not there; did you mean 'name'?", 3),
        ("{{ monospace }}", "write {{ '{{' }}", 3),
        ("a {{ 1 + pipeline.x }}", "pipeline.x: 'x' is not there", 9),
    ],
)
def test_an_undefined_name_is_an_error_with_its_path_and_the_near_miss(
    text: str, words: str, offset: int
) -> None:
    error = refusal(text)
    assert words in str(error)
    assert error.offset == offset


@pytest.mark.parametrize(
    ("text", "words", "offset"),
    [
        ("a <+pipeline.name", "'<+' is never closed by '>'", 2),
        ("a {{ x", "'{{' is never closed by '}}'", 2),
        ("<+>", "the expression is empty", 0),
        ("{{ }}", "the expression is empty", 0),
        ("<+list.<+ >>", "the expression is empty", 6),
        ("<+list.a<+>.b>", "the expression is empty", 6),
        ('<+list == "a <+ > b">', "the expression is empty", 10),
        ("<+a.>", "a name is missing after '.'", 3),
        ("<+.a>", "'.a' is not expected here", 2),
        ('<+a "b">', "an operator is missing before '\"b\"'", 4),
        ("<+a b>", "an operator is missing before 'b'", 4),
        ("<+currentDate <+list>>", "an operator is missing before '<+'", 14),
        ("<+a[0>", "'[' is never closed", 3),
        ("<+(a]>", "']' stands where ')' should close '('", 4),
        ("<+a)>", "')' closes nothing", 3),
        ('x <+"a>', 'the quote " is never closed', 4),
        ("<+a ? b>", "'?' stands without ':'", 4),
        ("<+a : b>", "':' stands without '?'", 4),
        ("<+a ? : >", "a value is missing beside '?' and ':'", 4),
        ("<+? 1 : 2>", "a value is missing beside '?' and ':'", 2),
        ("<+!>", "a value is missing after '!'", 2),
        ("<+! && a>", "a value is missing after '!'", 2),
        ("<+1 +>", "the expression ends too early", 6),
        ("<+a = b>", "'=' has no meaning in an expression; write == to compare", 4),
        ("<+a & b>", "write && or and", 4),
        ("<+a\u00a0== b>", "this is a no-break space", 3),
        ("{{ a <+b> }}", "'<+' cannot stand inside '{{ }}'", 5),
        ("{{- a }}", "'{{-' and '{{+' are not part of the language", 0),
        ("{{ 1_000 }}", "'1_' is not a number", 3),
        ("{{ 007 }}", "'007' is not a number; put text into quotes", 3),
        ("{{ 9223372036854775808 }}", "more than 64 bits", 3),
        ('{{ "\\ud800" }}', "half a character", 3),
        ("{{ größe }}", "'größe' cannot begin a name", 3),
        ("{{ (1, 2) }}", "brackets hold one value; a list is written [a, b]", 4),
        ("{{ + 1 }}", "a value is missing before '+'", 3),
        ("{{ a if b }}", "an 'if' needs its 'else'", 3),
        ("{{ a.b(1)(2) }}", "this cannot be called", 3),
        ("{{ list.join(*list) }}", "without names or stars", 3),
        ("{{ list | join(*list) }}", "without names or stars", 3),
        ("{{ pipeline.get(*list) }}", "without names or stars", 3),
    ],
)
def test_a_text_that_cannot_be_parsed_says_where(text: str, words: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    "text",
    [
        "<+pipeline.variables.count > 3>",
        "<+pipeline.variables.count>3>",
        "<+<+pipeline.variables.count> > 2>",
        "x <+pipeline.variables.count >= 3> y",
        "<+pipeline.variables.count > 2 && true>",
    ],
)
def test_a_bare_greater_than_is_refused_with_what_to_write(text: str) -> None:
    error = refusal(text)
    assert "the first '>' ends the expression" in str(error)
    assert "write gt for '>'" in str(error)
    assert text[error.offset] == ">"


def test_a_pattern_that_is_not_re2_is_refused_before_anything_is_evaluated(capfd):
    with pytest.raises(ExpressionError, match="the pattern is not RE2: missing") as caught:
        parse('x {{ nothing =~ "a(" }}')
    assert caught.value.offset == 16
    assert capfd.readouterr().err == ""
    with pytest.raises(ExpressionError, match="the pattern is not RE2: missing") as caught:
        parse('x <+nothing.split("##(")[0]>')
    assert caught.value.offset == 18


def test_an_unknown_method_is_answered_with_the_nearest_ones_first():
    with pytest.raises(ExpressionError, match=r"no method 'xyzCase'; known: to\w+Case, "):
        parse('{{ "a".xyzCase() }}')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<+pipeline.variables.count gt 2>", True),
        ("<+(pipeline.variables.count > 2)>", True),
        ("<+pipeline.variables.count>\n3>", "3\n3>"),
        ("<+pipeline.variables.count> items, b>", "3 items, b>"),
        ("<p title=<+pipeline.variables.count> x>", "<p title=3 x>"),
        ("<+pipeline.variables.count>  >", "3  >"),
        ("<+pipeline.variables.count> is > 2", "3 is > 2"),
        ("text with > and <+pipeline.variables.count> end >", "text with > and 3 end >"),
    ],
)
def test_a_greater_than_that_is_in_no_doubt_is_taken(text: str, expected: object) -> None:
    assert render(text) == expected


@pytest.mark.parametrize(
    "text", ["docker inspect -f '{{.Name}}'", "{{json .}}", "{{monospace}}", "{{two words}}"]
)
def test_braces_that_were_meant_as_text_are_refused_with_what_to_write(text: str) -> None:
    assert "to write two braces as plain text, write {{ '{{' }}" in str(refusal(text))
