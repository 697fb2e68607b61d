import time

import pytest

from penstock.nearest import nearest, suggestion

KEYS = ["projectKey", "issueType", "fields", "Status", "STATUS"]


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("projectkey", "projectKey"),
        ("project_key", "projectKey"),
        ("PROJECTKEY", "projectKey"),
        ("field", "fields"),
        (" isueType ", "issueType"),
        ("status", "Status"),
        ("connectorRef", None),
        ("", None),
    ],
)
def test_the_near_miss_ignores_case_first_and_then_tolerates_typos(
    word: str, near: str | None
) -> None:
    assert nearest(word, KEYS) == near


def test_nothing_is_near_where_there_is_no_choice() -> None:
    assert nearest("x", []) is None


def test_a_word_too_long_to_be_a_typo_is_not_compared() -> None:
    before = time.process_time()
    assert nearest("k" * 200_000, [f"key{i}" * 30 for i in range(1000)]) is None
    assert time.process_time() - before < 1.0


def test_a_suggestion_names_the_near_miss() -> None:
    assert suggestion("isuetype", KEYS) == "did you mean 'issueType'?"


def test_a_suggestion_lists_what_is_known_once_in_order() -> None:
    assert suggestion("zzz", iter(["b", "a", "b"])) == "known: b, a"


def test_a_suggestion_is_cut_at_ten() -> None:
    names = [f"n{i}" for i in range(12)]
    assert suggestion("zzz", names) == "known: n0, n1, n2, n3, n4, n5, n6, n7, n8, n9 and 2 more"
    assert suggestion("zzz", names[:10]).endswith("n8, n9")


def test_a_suggestion_is_empty_where_nothing_is_known() -> None:
    assert suggestion("zzz", []) == ""
