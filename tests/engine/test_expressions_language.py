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
    "repeat": {"item": "one##two", "loy": "loy", "e": "e", "which": "count", "at": "##"},
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
        ("<+ stages.deploy<+ strategy.identifierPostFix >.status >", "Failed"),
        ("<+stages.dep<+repeat.loy><+strategy.identifierPostFix>.status>", "Failed"),
        ("<+stages.d<+repeat.e>ploy.status>", "Succeeded"),
        ('<+stages.get("deploy<+strategy.identifierPostFix>").status>', "Failed"),
        ('<+stages["deploy<+strategy.identifierPostFix>"].status>', "Failed"),
        ("<+pipeline.variables.<+repeat.which>>", 3),
        ("<+list[<+mixed[<+mixed[0] - 1>]>]>", "b"),
        ("<+<+list>>", ["a", "b", "a"]),
        ("<+ <+ <+repeat.item> >.split(<+repeat.at>)[1] >", "two"),
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
        ('"a" =~ ("a|b") && "a" =~ ("<+pipeline.name>" ~ "|a") || false', True),
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
        ("pipeline is defined if true else 2", True),
        ("true ? nowhere is defined : 2", False),
        ("nowhere is not defined ? 1 : 2", 1),
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
