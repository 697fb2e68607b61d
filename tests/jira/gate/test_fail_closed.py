"""Less that is known never approves more: properties over conditions and expressions."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.verdict import VerdictStatus
from penstock_jira.operators import OPERATORS

WAITING = VerdictStatus.WAITING


def condition(key: str, operator: str, value: Any = None) -> dict[str, Any]:
    found = {"key": key, "operator": operator}
    return found if value is None else {**found, "value": value}


def key_values(*conditions: Any, any_: Any = False) -> dict[str, Any]:
    spec = {"matchAnyCondition": any_, "conditions": list(conditions)}
    return {"type": "KeyValues", "spec": spec}


def jexl(text: str) -> dict[str, Any]:
    return {"type": "Jexl", "spec": {"expression": text}}


NAMES = st.sampled_from(
    [
        "Status",
        "Summary",
        "Risk Level",
        "Story Points",
        "Due date",
        "Window",
        "Labels",
        "Reviewers",
        "Assignee",
        "Location",
        "Odd",
        "Odd date",
        "Flag",
        "Description",
        "Resolution",
        "Gone",
    ]
)
VALUES = st.sampled_from(["Approved", "Low", "3", "x", "cab-ok", "2026-03-10", "ann"])
COMPARING = st.sampled_from([one for one in OPERATORS if one[:2] != "is"])
CONDITIONS = st.builds(condition, NAMES, COMPARING, VALUES)
JEXL = st.builds(
    lambda name, operator, value: f'<+issue."{name}"> {operator} "{value}"',
    NAMES,
    st.sampled_from(["==", "!=", "=~"]),
    VALUES,
)


@given(
    st.lists(CONDITIONS, min_size=1, max_size=4),
    CONDITIONS.map(lambda found: {**found, "key": "Gone"}),
    st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_a_condition_on_a_missing_field_never_turns_waiting_into_approved(
    judged: Any, conditions: Any, missing: Any, any_: bool
) -> None:
    if judged(key_values(*conditions, any_=any_)).status is WAITING:
        assert judged(key_values(*conditions, missing, any_=any_)).status is WAITING


@given(st.lists(CONDITIONS, min_size=1, max_size=4), st.sets(NAMES), st.booleans())
@settings(max_examples=200, deadline=None)
def test_taking_values_away_never_turns_waiting_into_approved(
    gate: Any, snapshot: Any, conditions: Any, gone: set[str], any_: bool
) -> None:
    made = gate(key_values(*conditions, any_=any_))
    left = {name: entry for name, entry in snapshot().content["fields"].items() if name not in gone}
    if made.judge(snapshot()).status is WAITING:
        assert made.judge(snapshot(left)).status is WAITING


@given(st.lists(JEXL, min_size=1, max_size=4), JEXL, st.sampled_from(["&&", "||"]))
@settings(max_examples=150, deadline=None)
def test_an_expression_over_a_missing_field_never_turns_waiting_into_approved(
    judged: Any, parts: list[str], more: str, joined: str
) -> None:
    name = more.split('"')[1]
    missing = more.replace(f'"{name}"', '"Gone"', 1)
    if judged(jexl(f" {joined} ".join(parts))).status is WAITING:
        assert judged(jexl(f" {joined} ".join([*parts, missing]))).status is WAITING


@given(st.lists(JEXL, min_size=1, max_size=4), st.sets(NAMES), st.sampled_from(["&&", "||"]))
@settings(max_examples=150, deadline=None)
def test_taking_values_from_an_expression_never_turns_waiting_into_approved(
    gate: Any, snapshot: Any, parts: list[str], gone: set[str], joined: str
) -> None:
    made = gate(jexl(f" {joined} ".join(parts)))
    left = {name: entry for name, entry in snapshot().content["fields"].items() if name not in gone}
    absent = {"absent": dict.fromkeys([*gone, "Gone", "Resolution"], "not on this issue")}
    if made.judge(snapshot()).status is WAITING:
        assert made.judge(snapshot(left, **absent)).status is WAITING
