"""Values in a query: whatever they hold, each is one literal, and Jira's own reading says so."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock_jira.jql import has_order, quoted, written_into
from penstock_jira.sandbox.jql import Clause, parse_jql

NASTY = [
    'x" OR project = SECRET --',
    "x' OR project = SECRET --",
    "\\",
    '\\"',
    "a\nb\r\tc\x00\x7f",
    "\u202e\u2028 \u00a0",
    "😀 ß",
    "ORDER BY created",
    "currentUser()",
    "<+secrets.getValue('x')> {{ 7*7 }}",
    "",
    "x" * 5000,
]


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("before", ["labels = ", "labels=", 'labels = "', "labels = '"])
def test_a_value_is_one_literal_within_quotes_and_without(value: str, before: str) -> None:
    end = before[-1] if before[-1] in "\"'" else ""
    query = parse_jql(before + written_into(value, before) + end)
    assert query.tree == Clause("labels", "=", (value,))
    assert query.order == ()


@given(st.text(), st.sampled_from(['"', "'", ""]), st.text(alphabet=string.ascii_letters))
def test_any_value_stays_within_its_literal(value: str, quote: str, around: str) -> None:
    start = f"labels = {quote}{around}" if quote else "labels = "
    end = f"{around}{quote}" if quote else ""
    inner = f"{around}{value}{around}" if quote else value
    assert parse_jql(f"{start}{written_into(value, start)}{end} AND project = REL").tree is not None
    assert parse_jql(start + written_into(value, start) + end).tree == Clause(
        "labels", "=", (inner,)
    )


@pytest.mark.parametrize(
    ("value", "before", "written"),
    [
        (3, "x > ", "3"),
        (3.0, "x > ", "3"),
        (2.5, "x > ", "2.5"),
        (-1, "x > ", "-1"),
        (True, "x = ", '"true"'),
        (3, 'x = "v', "3"),
        (True, 'x = "', "true"),
        (["a", 'b"', 3], "x in (", '"a", "b\\"", 3'),
        ("REL", "project=", '"REL"'),
        ("REL", "", '"REL"'),
        ("b", 'x in ("a", ', '"b"'),
        ("b", "x = 'it\\'s' AND y = ", '"b"'),
    ],
)
def test_a_number_stands_as_it_is_and_a_list_as_its_items(
    value: Any, before: str, written: str
) -> None:
    assert written_into(value, before) == written


@pytest.mark.parametrize(
    ("value", "before", "words"),
    [
        (None, "x = ", r"it has no value; give another one with \| default"),
        (None, 'x = "', "it has no value"),
        ([], "x in (", "the list is empty"),
        ({"a": 1}, "x = ", "a query takes texts, numbers and lists of them"),
        ([["a"]], "x in (", "a query takes texts, numbers and lists of them"),
        (["a"], 'x = "', r"a list has no place within quotes; write: labels in \(<\+…>\)"),
        ("1.2", "labels = rel-", "follows other text without a space; put the whole value into q"),
        ("b", 'labels = "a"', "follows other text without a space"),
    ],
)
def test_what_has_no_place_in_a_query_is_refused(value: Any, before: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        written_into(value, before)


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = REL order  BY key", True),
        ("order by key", True),
        ('summary ~ "order by"', False),
        ("summary ~ 'order by' AND reorder = 1", False),
        ('summary ~ "a\\" order by b"', False),
        ("border by x", False),
    ],
)
def test_an_order_is_seen_outside_of_texts(jql: str, expected: bool) -> None:
    assert has_order(jql) is expected


def test_a_text_is_quoted_as_a_whole() -> None:
    assert quoted('x" OR project = SECRET \\') == '"x\\" OR project = SECRET \\\\"'
