"""What expressions compute: both spellings, operators, methods, filters and dates."""

from datetime import UTC, datetime

import pytest

from penstock.expressions import ExpressionError, Names, parse

NOW = datetime(2026, 1, 31, 22, 5, 6, 789_123, tzinfo=UTC)
VALUES = {
    "pipeline": {
        "name": "Payments",
        "variables": {
            "version": "1.10",
            "risk": "High",
            "tickets": "REL-1,REL-2",
            "count": 3,
            "ratio": 3.0,
            "flag": True,
            "nothing": None,
            "Risk Level": "Low",
            "my-var": "dashed",
            "a$b": "dollar",
            "größe": "XL",
        },
    },
    "list": ["a", "b", "a"],
    "mixed": [1, 2.0, None, {"k": [True]}],
    "empty": {"list": [], "map": {}, "text": ""},
    "repeat": {"item": "one##two"},
    "matrix": {"stage": "deploy", "0": "zero"},
    "strategy": {"identifierPostFix": "_1"},
    "stages": {"deploy": {"status": "Succeeded"}, "deploy_1": {"status": "Failed"}},
    "day": "2026-02-01",
}


def names() -> Names:
    return Names(VALUES, lambda: NOW)


def render(text: str) -> object:
    return parse(text).render(names())


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        render(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain text with a > b, {x} and ${#y}", "plain text with a > b, {x} and ${#y}"),
        ("<+pipeline.variables.version>", "1.10"),
        ("{{ pipeline.variables.version }}", "1.10"),
        ("<+ pipeline.name >", "Payments"),
        ("<+pipeline\n  .name>", "Payments"),
        ("<+pipeline.variables.count>", 3),
        ("<+pipeline.variables.ratio>", 3.0),
        ("<+pipeline.variables.flag>", True),
        ("<+pipeline.variables.nothing>", None),
        ("<+list>", ["a", "b", "a"]),
        ("<+mixed>", [1, 2.0, None, {"k": [True]}]),
        ("v<+pipeline.variables.version>!", "v1.10!"),
        ("<+pipeline.name> <+pipeline.variables.count>", "Payments 3"),
        ("<+pipeline.name>{{ pipeline.variables.count }}", "Payments3"),
        ("is <+pipeline.variables.flag>, <+pipeline.variables.ratio>", "is true, 3"),
        ("<+list> <+mixed>", '["a","b","a"] [1,2,null,{"k":[true]}]'),
        ("Ünï <+pipeline.name> 😀", "Ünï Payments 😀"),
        ('<a href="<+pipeline.name>">x</a>', '<a href="Payments">x</a>'),
        ("<<+pipeline.name> x>", "<Payments x>"),
        ("<+pipeline.name> -> <+pipeline.name>", "Payments -> Payments"),
        ("<+pipeline.variables.count> >= 3", "3 >= 3"),
    ],
)
def test_a_lone_expression_keeps_its_type_and_others_become_text(
    text: str, expected: object
) -> None:
    result = render(text)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('<+<+pipeline.variables.risk> == "High" ? "y" : "z">', "y"),
        ('<+<+pipeline.variables.risk>=="High"?"Highest":"Medium">', "Highest"),
        ("<+<+pipeline.variables.risk>!='High'?'a':'b'>", "b"),
        ('<+ <+repeat.item>.split("##")[1] >', "two"),
        ("<+pipeline.variables.tickets.split(',')>", ["REL-1", "REL-2"]),
        ("<+<+pipeline.variables.tickets>.split(',')>", ["REL-1", "REL-2"]),
        ('<+pipeline.variables."Risk Level">', "Low"),
        ("<+pipeline.variables.'Risk Level'>", "Low"),
        ('<+pipeline.variables["Risk Level"]>', "Low"),
        ('<+pipeline.variables.get("Risk Level")>', "Low"),
        ('<+pipeline.variables."my-var">', "dashed"),
        ("<+pipeline.variables.a$b>", "dollar"),
        ("<+pipeline.variables.größe>", "XL"),
        ("<+pipeline.stages>", None),
        ("<+stages.<+matrix.stage>.status>", "Succeeded"),
        ("<+stages.<+matrix.stage><+strategy.identifierPostFix>.status>", "Failed"),
        ("<+stages.deploy<+strategy.identifierPostFix>.status>", "Failed"),
        ('<+stages."<+matrix.stage>_1".status>', "Failed"),
        ("<+stages[<+matrix.stage>].status>", "Succeeded"),
        ("<+matrix.0>", "zero"),
        ("<+list.0>", "a"),
        ("<+list[<+pipeline.variables.count> - 2]>", "b"),
        ('<+"a <+pipeline.name> b">', "a Payments b"),
        ('<+"<+pipeline.variables.count>">', "3"),
        ("<+'it\\'s' >", "it's"),
        ('<+"\\u00e9\\ud83d\\ude00\\n\\d">', "é😀\n\\d"),
        ('{{ "<+pipeline.name>" }}', "<+pipeline.name>"),
        ("{{ '{{' }} <+'}}'>", "{{ }}"),
        ("<+(1 > 2) ? 3 : 4>", 4),
        ("<+(2 >= 2)>", True),
        ("<+list[0].contains('>')>", False),
    ],
)
def test_harness_spelling_is_read_as_its_users_write_it(text: str, expected: object) -> None:
    if expected is None:
        assert "'stages' is not there" in str(refusal(text))
    else:
        assert render(text) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true && false || true", True),
        ("true and not false", True),
        ("!true || !!true", True),
        ("!list.isEmpty() == true", True),
        ("!(1 == 2) && !false", True),
        ("not 1 == 2", True),
        ("false && nowhere", False),
        ("true or nowhere", True),
        ("1 eq 1 and 1 ne 2 and 1 lt 2 and 2 gt 1 and 1 le 1 and 1 ge 1", True),
        ("1 < 2 && 1 <= 1 && 1 != 2", True),
        ("1 == 1.0", True),
        ("true == 1", False),
        ('"5" == 5', False),
        ('"true" == true', False),
        ("null == null", True),
        ("null == false", False),
        ("[1, 2] == [1, 2.0]", True),
        ("[1, 2] == [1, 3]", False),
        ("[1] == [true]", False),
        ("stages == stages", True),
        ("stages == matrix", False),
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("6 / 3", 2),
        ("7 / 2", 3.5),
        ("-pipeline.variables.count", -3),
        ("1 - -1", 2),
        ("0.1 + 0.2 > 0.3", True),
        ('"a" + 1 + 2', "a12"),
        ('1 + 2 + "a"', "3a"),
        ('"a" + true + 2.0', "atrue2"),
        ('"a" ~ 1 ~ list', 'a1["a","b","a"]'),
        ('"b" in list', True),
        ('"b" not in list', False),
        ('"ay" in pipeline.name', True),
        ('"name" in pipeline', True),
        ('pipeline.name =~ "Pay.*"', True),
        ('pipeline.name =~ "Pay"', False),
        ('"a" =~ list', True),
        ("true ? 1 : 2", 1),
        ("false ? 1 : true ? 2 : 3", 2),
        ("true ? false ? 1 : 2 : 3", 2),
        ("1 if false else 2 if false else 3", 3),
        ("(1 if true else 2) ? 1 : 2", None),
        ('nowhere ?: "x"', "x"),
        ('pipeline.variables.nothing ?: "x"', "x"),
        ('empty.text ?: "x"', "x"),
        ('empty.list ?: "x"', "x"),
        ('false ?: "x"', "x"),
        ('pipeline.name ?: "x"', "Payments"),
        ("nowhere is defined", False),
        ("nowhere.at.all is not defined", True),
        ("nowhere is undefined", True),
        ("pipeline.name is defined", True),
        ("pipeline.variables.nothing is none", True),
        ("pipeline.variables.nothing is not null", False),
        ('pipeline.variables.nothing | default("x")', "x"),
        ('empty.text | default("x")', ""),
        ('empty.text | default("x", true)', "x"),
        ('empty.text | default("x", false)', ""),
        ("list|first ~ list|last", "aa"),
        ("list|length + 'abc'|length + stages|length", 8),
        ("' a '|trim|upper|lower|replace('a', 'b')", "b"),
        ("list|join('-')", "a-b-a"),
        ("list|join", "aba"),
        ("'12'|int + ' 12 '|float + 1.9|int", 25.0),
        ("'-1.5e2'|float", -150.0),
        ("1|string + 1", "11"),
        ("mixed|tojson", '[1,2,null,{"k":[true]}]'),
        ("None is none and True and not False", True),
    ],
)
def test_operators_and_filters(expression: str, expected: object) -> None:
    for text in (f"{{{{ {expression} }}}}", f"<+({expression})>"):
        if expected is None:
            assert "not true or false" in str(refusal(text))
        else:
            result = render(text)
            assert result == expected
            assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('"abc".contains("b")', True),
        ('"a1b22c".split("[0-9]+")', ["a", "b", "c"]),
        ('"1.2.3".split(".")', ["1", "2", "3"]),
        ('"a|b||".split("|")', ["a", "b"]),
        ('",a".split(",")', ["", "a"]),
        ('"".split(",")', [""]),
        ('",".split(",")', []),
        ('"a".split("x*")', ["a"]),
        ('"abcb".indexOf("b")', 1),
        ('"abcb".indexOf("b", 2)', 3),
        ('"abc".indexOf("x")', -1),
        ('"a-b-c".replace("-", "_")', "a_b_c"),
        ('"aBc".toLowerCase() + "aBc".toUpperCase()', "abcABC"),
        ('"\\t a \\n".trim()', "a"),
        ('"hello".substring(1)', "ello"),
        ('"hello".substring(1, 3)', "el"),
        ('"hello".startsWith("he") && "hello".endsWith("lo")', True),
        ('"".isEmpty() && !"a".isEmpty()', True),
        ('"abc".length() + "abc".size()', 6),
        ('"a".concat("b").concat(1)', "ab1"),
        ("1.5.toString() + true.toString() + list.toString()", '1.5true["a","b","a"]'),
        ('"abc".charAt(2)', "c"),
        ('"a".equals("a") && !"a".equals(1) && 1.equals(1.0)', True),
        ('"Done".equalsIgnoreCase("DONE") && !"Done".equalsIgnoreCase(1)', True),
        ('list.contains("b") && !list.contains("x")', True),
        ('list.indexOf("b") + list.indexOf("x")', 0),
        ("list.size()", 3),
        ("list.isEmpty() || empty.list.isEmpty()", True),
        ("list.get(1)", "b"),
        ('list.join("+") + list.join()', "a+b+aaba"),
        ('stages.get("deploy").status', "Succeeded"),
        ('stages.containsKey("deploy") && !stages.containsKey("x")', True),
        ("stages.size()", 2),
        ("empty.map.isEmpty()", True),
    ],
)
def test_methods(expression: str, expected: object) -> None:
    assert render(f"<+({expression})>") == expected
    assert render(f"{{{{ {expression} }}}}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("currentDate()", "2026-01-31"),
        ("currentDate().plusDays(2)", "2026-02-02"),
        ("currentDate().plusMonths(1)", "2026-02-28"),
        ("currentDate().minusMonths(2)", "2025-11-30"),
        ("currentDate().plusYears(2).minusWeeks(1)", "2028-01-24"),
        ("currentDate().minusDays(31)", "2025-12-31"),
        ("currentTime()", "2026-01-31T22:05:06.789+0000"),
        ("currentTime().plusHours(2)", "2026-02-01T00:05:06.789+0000"),
        ("currentTime().minusMinutes(5).plusSeconds(54)", "2026-01-31T22:01:00.789+0000"),
        ("currentTime().plusNanos(1000000)", "2026-01-31T22:05:06.790+0000"),
        ("currentTime().minusNanos(1000000)", "2026-01-31T22:05:06.788+0000"),
        ("currentTime().plusMonths(1)", "2026-02-28T22:05:06.789+0000"),
        ('"on " + currentDate().toString()', "on 2026-01-31"),
        ("currentDate() == currentDate() && currentDate() < currentDate().plusDays(1)", True),
        ("currentDate() == currentTime()", False),
        ('day > currentDate() && day == "2026-02-01"', True),
        ("day == currentDate().plusDays(1)", True),
        ('currentDate() == "soon"', False),
        ('currentTime() > "2026-01-31T23:00:00.000+0100"', True),
        ('currentTime() == "2026-01-31T22:05:06"', False),
    ],
)
def test_dates_are_in_utc_and_written_as_jira_takes_them(expression: str, expected: object) -> None:
    assert render(f"<+({expression})>") == expected


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
        ('<+json.select("a", list)>', "Harness's json functions are not part of the language"),
        ('<+secrets.get("a")>', "secrets are read with secrets.getValue"),
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
        ("{{ (1, 2) }}", "a list without brackets is not part of the language", 4),
        ("{{ + 1 }}", "a plus with nothing before it is not part of the language", 3),
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<+pipeline.variables.count gt 2>", True),
        ("<+(pipeline.variables.count > 2)>", True),
        ("<+pipeline.variables.count>\n3>", "3\n3>"),
        ("<+pipeline.variables.count> items, b>", "3 items, b>"),
        ("<p title=<+pipeline.variables.count> x>", "<p title=3 x>"),
        ("<+pipeline.variables.count>  >", "3  >"),
    ],
)
def test_a_greater_than_that_is_in_no_doubt_is_taken(text: str, expected: object) -> None:
    assert render(text) == expected
