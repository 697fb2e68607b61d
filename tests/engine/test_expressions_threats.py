"""Hostile expressions, by the rows of the threat model; its rows on bounds are tested apart."""

from datetime import UTC, datetime

import pytest

from penstock.expressions import ExpressionError, Names, has_expression, parse


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
    "connector": Connector(),
    "when": datetime(2026, 1, 1, tzinfo=UTC),
    "bytes": b"raw",
}


def names(values: dict[str, object] | None = None) -> Names:
    return Names(values or VALUES, lambda: datetime(2026, 1, 31, tzinfo=UTC))


def refused(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text).render(names())
    return caught.value


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


def test_e21_a_value_that_looks_like_an_expression_is_no_cycle() -> None:
    seen = names({"a": "<+b>", "b": "<+a>"})
    assert parse("<+a><+b>").render(seen) == "<+b><+a>"
