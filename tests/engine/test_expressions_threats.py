"""Hostile expressions: each row E1 to E17 and E21 of the threat model, and the bounds."""

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from penstock.expressions import ExpressionError, Names, has_expression, parse, parse_criterion
from penstock.secret import Secret


class Connector:
    """Something that must never be in reach of an expression."""

    token = "tok-123456"

    def get(self, name: str) -> str:
        return self.token + name


VALUES: dict[str, object] = {
    "issue": {
        "summary": "Release",
        "items": "the items",
        "keys": "the keys",
        "values": "the values",
        "get": "the get",
        "copy": "the copy",
        "update": "the update",
        "count": "the count",
    },
    "list": ["a", "b"],
    "kilo": "x" * 1024,
    "mega": "x" * 2**20,
    "many": list(range(10_000)),
    "huge": 10**400,
    "infinite": float("inf"),
    "connector": Connector(),
    "when": datetime(2026, 1, 1, tzinfo=UTC),
    "bytes": b"raw",
}


def names(values: dict[str, object] | None = None) -> Names:
    return Names(values or VALUES, lambda: datetime(2026, 1, 31, tzinfo=UTC))


@contextmanager
def within(seconds: float, megabytes: float) -> Iterator[None]:
    tracemalloc.start()
    began = time.perf_counter()
    try:
        yield
        taken = time.perf_counter() - began
        peak = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    assert taken < seconds
    assert peak < megabytes


def refused(text: str) -> ExpressionError:
    with within(2, 50), pytest.raises(ExpressionError) as caught:
        parse(text).render(names())
    return caught.value


def test_the_parser_is_ready_before_anything_is_measured() -> None:
    assert parse("{{ list|length }}").render(names()) == 2


@pytest.mark.parametrize(
    "expression",
    [
        "''.__class__.__mro__",
        "''['__class__']",
        "''|attr('__class__')",
        "''['\\u005f\\u005fclass\\u005f\\u005f']",
        "''.get('__class__')",
        "cycler.__init__.__globals__",
        "lipsum.__globals__",
        "self.__init__",
        "list.__class__",
        "issue.__class__",
        "issue.keys().__class__",
        "currentDate.__class__",
        "currentDate().at",
        "currentDate().gi_frame",
        "(1).real",
        "namespace(a=1)",
        "joiner()",
        "dict()",
    ],
)
def test_e1_nothing_of_python_is_in_reach(expression: str) -> None:
    refused(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "expression",
    [
        "'{0.__class__}'.format(1)",
        "'{x}'.format_map(issue)",
        "list|map(attribute='format')",
        "issue.format",
        "'%s'|format(1)",
        "'%s' % 1",
    ],
)
def test_e2_there_is_no_format(expression: str) -> None:
    refused(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "expression",
    [
        "connector.token",
        "connector.get('x')",
        "connector['token']",
        "connector",
        "'' ~ connector",
        "connector == 1",
        "connector|tojson",
        "[connector]",
        "[connector].contains('x')",
        "when.year",
        "when",
        "bytes",
        "bytes[0]",
    ],
)
def test_e3_an_object_among_the_values_gives_nothing_away(expression: str) -> None:
    error = refused(f"{{{{ {expression} }}}}")
    assert "tok-123456" not in str(error)


@pytest.mark.parametrize(
    "text",
    [
        "{{ range(10**9)|list }}",
        "{% for i in range(9) %}{% endfor %}",
        "{% set x = 1 %}",
        "{%- if x -%}",
        "a {% raw %}{{ x }}{% endraw %}",
        "{# a comment #}",
        "{{ [x for x in list] }}",
    ],
)
def test_e4_statements_loops_and_comments_are_refused(text: str) -> None:
    assert has_expression(text)
    refused(text)


@pytest.mark.parametrize(
    "expression",
    [
        "'a' * 200000000",
        "'%999999999d' % 1",
        "'a'|center(1000000000)",
        "'a'.expandtabs(1000000000)",
        "'a'.ljust(1000000000)",
        "'{:>999999999}'.format(1)",
        "mega.replace('x', mega)",
        "mega.replace('', 'xxxxxxxxxxxxxxxxxxxxxxxx')",
        "kilo.replace('x', kilo).replace('x', kilo)",
        "mega|replace('x', 'xx')",
        "mega ~ mega",
        "mega + mega",
        "mega.concat(mega)",
        "[mega, mega]|join",
        "many.join(mega)",
        "[mega, mega]|tojson",
        "[mega, mega]",
        "mega.split('x')",
        "mega.split('x|y')",
        "kilo|indent(1000000000)",
        "list * 100000000",
        "[many, many]",
    ],
)
def test_e5_growth_is_refused_before_it_happens(expression: str) -> None:
    refused(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "text",
    [
        "{% set ns = namespace(s='a') %}{% for i in range(40) %}{% set ns.s=ns.s*2 %}{% endfor %}",
        "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
        "{{ lipsum(n=100000) }}",
        "{{ caller() }}",
        "{{ loop.index }}",
        "{{ super() }}",
    ],
)
def test_e6_there_is_nothing_to_double_with(text: str) -> None:
    refused(text)


@pytest.mark.parametrize(
    "text",
    ["{{ ('a'*900000000)|length }}", "{{ 10**3000000 > 1 }}", "{{ ('a' * 200000000)[0] }}"],
)
def test_e7_parsing_runs_nothing(text: str) -> None:
    with within(0.5, 10):
        try:
            parse(text)
        except ExpressionError:
            return
    refused(text)


@pytest.mark.parametrize(
    "expression",
    [
        "10**4400",
        "9223372036854775807 + 1",
        "-9223372036854775807 - 1",
        "9223372036854775807 * 9223372036854775807",
        "1" * 5000,
        "1" * 400 + ".0",
        "huge",
        "huge + 1",
        "-huge",
        "'' ~ huge",
        "huge * 1.0",
        "huge|int",
        "huge|float",
        "infinite",
        "infinite + 1",
        "infinite ~ ''",
        "infinite|int",
        "[infinite]",
        "list[huge]",
        "1.0 / 9223372036854775807 / " + " / ".join(["9223372036854775807"] * 20) + " * huge",
    ],
)
def test_e8_numbers_stay_within_64_bits_and_finite(expression: str) -> None:
    refused(f"{{{{ {expression} }}}}")


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 2_000 + "1" + ")" * 2_000,
        "(" * 60 + "1" + ")" * 60,
        "[" * 60 + "1" + "]" * 60,
        "not " * 50_000 + "true",
        "not " * 60 + "true",
        "!" * 60 + "true",
        "-" * 4_000 + "1",
        "1+" * 20_000 + "1",
        "1+" * 100 + "1",
        " && ".join(["true"] * 100),
        "~".join(["1"] * 1_500),
        "[" + ",".join(["1"] * 700) + "]",
        "a" + ".a" * 700,
        "list" + "[0]" * 700,
        "1 if true else " * 200 + "2",
        "true ? 1 : " * 200 + "2",
        "true ? " * 60 + "1" + " : 2" * 60,
        "list.contains(" * 60 + "1" + ")" * 60,
        "1" + "|string" * 700,
    ],
)
def test_e9_deep_and_long_expressions_are_refused(expression: str) -> None:
    for text in (f"{{{{ {expression} }}}}", f"<+({expression})>"):
        refused(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ missing }}", "missing: 'missing' is not there"),
        ("{{ issue.a.b.c }}", "issue.a.b.c: 'a' is not there"),
        ("{{ issue.summary if false }}", "an 'if' needs its 'else'"),
        ("Text <+issue.summry>", "issue.summry: 'summry' is not there; did you mean 'summary'?"),
    ],
)
def test_e10_what_is_undefined_is_named(text: str, words: str) -> None:
    assert words in str(refused(text))


DATA = [
    "{{ secrets.jira }}",
    "{{ 7*7 }}",
    "${7*7}",
    '<+secrets.getValue("x")>',
    "{% raw %}",
    "{# x #}",
    "None",
    "True",
    "true",
    "null",
    "1_000",
    "0x1F",
    "1e999",
    "1,2",
    "[1]",
    "'q'",
    '"q"',
    "...",
    "007",
    " padded ",
    "",
    "😀 é \u202e",
    "a\nb\r\n\u0085c\x00",
    "\\n \\u0041",
    "}} >",
]


@pytest.mark.parametrize("data", DATA)
def test_e11_and_e12_data_comes_out_verbatim_and_is_never_evaluated(data: str) -> None:
    seen = names({"issue": {"summary": data}})
    for text in ("<+issue.summary>", "{{ issue.summary }}", "<+<+issue.summary>>"):
        once = parse(text).render(seen)
        assert once == data
        # A later step reads what an earlier one left, and gets it as it is.
        assert parse(text).render(names({"issue": {"summary": once}})) == data
    assert parse("a <+issue.summary> b").render(seen) == f"a {data} b"
    assert parse('<+"<+issue.summary>">').render(seen) == data
    assert parse("<+issue>").render(seen) == {"summary": data}


@pytest.mark.parametrize("field", ["items", "keys", "values", "get", "copy", "update", "count"])
def test_e13_a_field_called_like_a_method_is_a_field(field: str) -> None:
    assert parse(f"{{{{ issue.{field} }}}}").render(names()) == f"the {field}"
    assert parse(f"<+issue.{field}.length()>").render(names()) == len(f"the {field}")


@pytest.mark.parametrize("field", ["items", "keys", "values", "copy", "update", "count", "pop"])
def test_e13_python_s_methods_cannot_be_called(field: str) -> None:
    refused(f"{{{{ issue.{field}() }}}}")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [('"10" == 10', False), ('"5" != 5', True), ("1 == true", False), ('"" == null', False)],
)
def test_e14_unlike_types_are_unequal(expression: str, expected: bool) -> None:
    assert parse(f"{{{{ {expression} }}}}").render(names()) is expected


@pytest.mark.parametrize("expression", ['"10" > 9', "true > 0", "null < 1", 'list > "a"'])
def test_e14_unlike_types_have_no_order(expression: str) -> None:
    assert "have no order" in str(refused(f"<+({expression})>"))


def test_e16_a_pattern_takes_linear_time() -> None:
    seen = names({"text": "a" * 100_000 + "!"})
    with within(0.5, 10):
        assert parse('{{ text =~ "^(a+)+$" }}').render(seen) is False
        assert parse('{{ text.split("(a+)+!")|length }}').render(seen) == 0


@pytest.mark.parametrize("pattern", ["(", "a{1001}", "(?=a)", "\\\\1", "(a{999}){999}"])
def test_e16_a_pattern_that_is_not_re2_is_refused(pattern: str) -> None:
    assert "the pattern is not RE2" in str(refused(f'{{{{ "a" =~ "{pattern}" }}}}'))


def test_e16_a_pattern_and_a_text_may_be_anything() -> None:
    seen = names({"half": "\ud800", "long": "a" * 9_000})
    for expression in ("'a' =~ half", "half =~ '.'", "half.split('ab')", "'a' =~ long"):
        with pytest.raises(ExpressionError):
            parse(f"{{{{ {expression} }}}}").render(seen)


@pytest.mark.parametrize(
    "text",
    [
        "<+a",
        "<+" * 500 + "a" + ">" * 500,
        "<+" * 17 + "issue.summary" + ">" * 17,
        '<+"' * 17 + "x" + '">' * 17,
        "<+issue." * 17 + "x" + ">" * 17,
        "<+<+a>+>",
        "<+a\x00b>",
        "<+\x00>",
        "<+" + "a" * 2**20,
        "<+" + "a" * 9_000 + ">",
        "<+" + " " * 9_000 + "list>",
        '<+"' + "a" * 2**20,
        "<+'" + "<+" * 5_000,
        "<+" * 2**19,
        "x" * (2**20 + 1) + "<+list>",
        "{{ 1 }}" * 1_000,
        "<+a>b" * 100_000,
    ],
)
def test_e17_broken_and_long_texts_are_refused_quickly(text: str) -> None:
    refused(text)


def test_e17_quotes_hide_what_would_close() -> None:
    assert parse("<+\"a > b\"> <+'}}>'>").render(names()) == "a > b }}>"
    assert parse("{{ '}}' ~ \"}}\" }}").render(names()) == "}}}}"


def test_e17_fifteen_levels_are_enough() -> None:
    assert parse("<+" * 15 + "issue.summary" + ">" * 15).render(names()) == "Release"


def test_e17_a_long_text_without_expressions_is_itself() -> None:
    text = "a < b { c # d } " * 60_000
    with within(1, 20):
        assert not has_expression(text)
        assert parse(text).render(names()) == text


def test_e17_many_openings_take_linear_time() -> None:
    text = "{#" * 400_000 + "<+list|length>"
    with within(1, 20):
        assert parse(text).render(names()) == "{#" * 400_000 + "2"


def test_e21_a_value_that_looks_like_an_expression_is_no_cycle() -> None:
    seen = names({"a": "<+b>", "b": "<+a>"})
    assert parse("<+a><+b>").render(seen) == "<+b><+a>"


def test_deep_values_are_refused_and_not_recursed_into() -> None:
    deep: object = "x"
    for _ in range(5_000):
        deep = [deep]
    seen = names({"deep": deep, "other": [deep]})
    for expression in ("deep", "deep ~ ''", "deep == other[0]", "deep.contains(other)"):
        with pytest.raises(ExpressionError):
            parse(f"{{{{ {expression} }}}}").render(seen)


def test_a_stack_that_is_nearly_used_up_is_an_error_like_others() -> None:
    def dive(levels: int) -> object:
        if levels:
            return dive(levels - 1)
        # More spaces each time, so that no answer comes from the cache.
        return parse("{{ ((((((((1)))))))) " + " " * next(unique) + "}}").render(names())

    unique = iter(range(1_000))
    outcomes = set()
    for levels in range(0, 980, 10):
        try:
            outcomes.add(dive(levels))
        except ExpressionError:
            outcomes.add("refused")
        except RecursionError:
            break  # there is no room even for the call itself
    assert outcomes <= {1, "refused"}


def test_criteria_have_the_same_bounds() -> None:
    for text in ("<+" * 20 + "x" + ">" * 20, "x" * 9_000, "(" * 60 + ")" * 60, "{% x %}", ""):
        with pytest.raises(ExpressionError):
            parse_criterion(text)


def secret(reference: str) -> Secret:
    return Secret("hunter2-hunter2", reference)


@pytest.mark.parametrize(
    "expression",
    [
        'secrets.getValue("a") == "hunter2-hunter2"',
        'secrets.getValue("a") != secrets.getValue("b")',
        'secrets.getValue("a") < "x"',
        'secrets.getValue("a").length()',
        'secrets.getValue("a").startsWith("h")',
        'secrets.getValue("a").toString()',
        'secrets.getValue("a") | upper',
        'secrets.getValue("a") | length',
        'secrets.getValue("a") =~ "h.*"',
        '"x".contains(secrets.getValue("a"))',
        '"hunter2-hunter2".replace(secrets.getValue("a"), "")',
        '"h" in secrets.getValue("a")',
        'secrets.getValue("a") in ["x"]',
        'secrets.getValue("a") ? 1 : 2',
        'secrets.getValue("a").x',
        '[secrets.getValue("a")]',
        '[secrets.getValue("a")] | tojson',
        '[secrets.getValue("a")] == ["x"]',
        '[secrets.getValue("a")].indexOf("x")',
        'variables.token == "hunter2-hunter2"',
        "variables",
    ],
)
def test_a_secret_cannot_be_looked_at(expression: str) -> None:
    seen = Names({"variables": {"token": secret("token")}}, lambda: datetime.now(UTC), secret)
    with pytest.raises(ExpressionError) as caught:
        parse(f"{{{{ {expression} }}}}").render(seen)
    message = str(caught.value).replace(expression, "")
    assert "hunter2-hunter2" not in message.replace('"hunter2-hunter2"', "")


@pytest.mark.parametrize(
    ("text", "value", "reference"),
    [
        ('<+secrets.getValue("account.x")>', "hunter2-hunter2", "account.x"),
        ('Bearer <+secrets.getValue("x")>', "Bearer hunter2-hunter2", "x"),
        ('{{ "Bearer " ~ secrets.getValue("x") }}', "Bearer hunter2-hunter2", "x"),
        ('<+"Bearer ".concat(<+secrets.getValue("x")>)>', "Bearer hunter2-hunter2", "x"),
        ('<+"<+secrets.getValue("x")>!">', "hunter2-hunter2!", "x"),
        ("<+variables.token>-<+variables.token>", "hunter2-hunter2-hunter2-hunter2", "token"),
        (
            '<+variables.token>/<+secrets.getValue("y")>',
            "hunter2-hunter2/hunter2-hunter2",
            "token, y",
        ),
        ('<+true ? variables.token : "">', "hunter2-hunter2", "token"),
        ('{{ variables.token | default("x") }}', "hunter2-hunter2", "token"),
        ('<+secrets.getValue("<+which>")>', "hunter2-hunter2", "org.z"),
    ],
)
def test_a_text_with_a_secret_in_it_is_a_secret(text: str, value: str, reference: str) -> None:
    seen = Names(
        {"variables": {"token": secret("token")}, "which": "org.z"},
        lambda: datetime.now(UTC),
        secret,
    )
    result = parse(text).render(seen)
    assert isinstance(result, Secret)
    assert result.reveal() == value
    assert result.reference == reference


def test_where_there_are_no_secrets_reading_one_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="secrets cannot be read here"):
        parse('<+secrets.getValue("x")>').render(names())


def test_a_secret_that_is_not_there_is_an_error_with_the_store_s_words() -> None:
    from penstock.errors import ConnectorError

    def missing(reference: str) -> Secret:
        raise ConnectorError(f"there is no secret {reference!r}")

    with pytest.raises(ExpressionError, match="there is no secret 'x'"):
        parse('<+secrets.getValue("x")>').render(Names({}, lambda: datetime.now(UTC), missing))
