"""What Jira was asked once: for how long it counts, and what is asked again before a refusal."""

from dataclasses import replace
from typing import Any

import pytest

from penstock.step import StepContext
from penstock.testing import FakeClock
from penstock_jira.create import JiraCreate
from penstock_jira.errors import FieldsRefused, JiraRefused
from penstock_jira.kept import Kept, KeptItem

META = "/rest/api/2/issue/createmeta/REL/issuetypes"
ISSUE = "/rest/api/2/issue"
SUMMARY = {"fieldId": "summary", "name": "Summary", "required": True, "schema": {"type": "string"}}


def risk(*options: str) -> dict[str, Any]:
    allowed = [{"id": str(number), "value": name} for number, name in enumerate(options)]
    schema = {"type": "option"}
    return {"fieldId": "customfield_1", "name": "Risk", "schema": schema, "allowedValues": allowed}


@pytest.fixture
def shop(jira: Any) -> Any:
    """A Jira in which Changes of REL are created with a risk that is low or high."""
    jira.cloud()
    jira.answer("GET", META, {"issueTypes": [{"id": "10", "name": "Change"}], "total": 1})
    screen(jira, SUMMARY, risk("Low", "High"))
    jira.answer("POST", "/rest/api/3/search/jql", {"issues": []})
    jira.answer("POST", ISSUE, {"id": "10001", "key": "REL-8"}, 201)
    jira.answer("GET", f"{ISSUE}/REL-8", {"id": "10001", "key": "REL-8", "fields": {}})
    return jira


def screen(jira: Any, *fields: Any) -> None:
    jira.answer("GET", f"{META}/10", {"fields": list(fields), "total": len(fields)})


@pytest.fixture
def create(context: StepContext, clock: FakeClock, memory_effects: Any) -> Any:
    """Create an issue in a step of its own."""

    def create(**fields: str) -> Any:
        spec = {"connectorRef": "x", "projectKey": "REL", "issueType": "Change"}
        listed = [{"name": name, "value": value} for name, value in fields.items()]
        made = JiraCreate.model_validate({**spec, "fields": listed})
        return made.run(replace(context, effects=memory_effects(clock)))

    return create


def asked(jira: Any) -> tuple[int, int]:
    """Return how often Jira was asked for metadata, and for its version."""
    return len(jira.sent("GET", "createmeta")), len(jira.sent("GET", "serverInfo"))


def test_a_second_create_of_the_same_type_asks_for_no_metadata(shop: Any, create: Any) -> None:
    create(Summary="one")
    assert asked(shop) == (2, 1)
    create(Summary="two", Risk="Low")
    assert asked(shop) == (2, 1)
    assert len(shop.writes) == 2


def test_metadata_is_read_again_after_ten_minutes(shop: Any, create: Any, clock: FakeClock) -> None:
    create(Summary="one")
    clock.advance(600)
    create(Summary="two")
    assert asked(shop) == (4, 2)


def test_what_was_added_a_moment_ago_is_found_before_it_is_refused(
    shop: Any, create: Any, clock: FakeClock, notes: list[str]
) -> None:
    create(Summary="one")
    clock.advance(12)
    screen(shop, SUMMARY, risk("Low", "High", "Extreme"))
    create(Summary="two", Risk="Extreme", Extra="")
    assert asked(shop)[0] == 4
    assert shop.sent("POST", ISSUE)[-1]["fields"]["customfield_1"] == {"id": "2"}
    assert notes.count("Extra is empty and is not sent") == 1
    create(Summary="three", Risk="Extreme")
    assert asked(shop)[0] == 4


def test_a_refusal_by_fresh_metadata_is_told_without_an_age_and_read_once(
    shop: Any, create: Any, clock: FakeClock
) -> None:
    create(Summary="one")
    clock.advance(12)
    with pytest.raises(FieldsRefused) as told:
        create(Summary="two", Risk="Extreme")
    assert "Low, High" in str(told.value)
    assert "ago" not in str(told.value)
    assert asked(shop)[0] == 4
    with pytest.raises(FieldsRefused):  # as old as the last one: nothing could be new
        create(Summary="three", Risk="Extreme")
    assert asked(shop)[0] == 4


def test_a_refusal_by_old_metadata_says_how_old_it_is(
    shop: Any, create: Any, clock: FakeClock
) -> None:
    create(Summary="one")
    clock.advance(12)
    shop.answer("GET", META, None, 502)
    with pytest.raises(FieldsRefused) as told:
        create(Summary="two", Risk="Extreme")
    assert str(told.value).splitlines()[-1] == (
        "this is by the create screen of Change in REL as of 12 s ago; it could not be read "
        "again: Jira answered 502 when asked to list the issue types of REL"
    )


def test_a_refusal_of_jiras_shows_how_old_its_metadata_is_and_has_it_read_again(
    shop: Any, create: Any, clock: FakeClock
) -> None:
    create(Summary="one")
    clock.advance(12)
    errors = {"customfield_1": "Option id '1' is not valid"}
    shop.answer("POST", ISSUE, {"errorMessages": [], "errors": errors}, 400)
    with pytest.raises(JiraRefused, match=r"Allowed values as of 12 s ago: \[Low, High\]"):
        create(Summary="two", Risk="High")
    with pytest.raises(JiraRefused, match=r"Allowed values: \[Low, High\]"):
        create(Summary="three", Risk="High")
    assert asked(shop)[0] == 4


def test_what_cannot_be_read_is_not_kept() -> None:
    kept: Kept[int] = Kept()

    def fail() -> int:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        kept.get("a", fail, 0.0)
    assert kept.get("a", lambda: 1, 0.0) == KeptItem(1, 0.0)


def test_an_answer_is_kept_by_its_question_until_it_is_old_or_forgotten() -> None:
    kept: Kept[int] = Kept()
    numbers = iter(range(10))

    def get(key: str, now: float, *, fresh: bool = False) -> tuple[int, float]:
        found = kept.get(key, lambda: next(numbers), now, fresh=fresh)
        return found.value, found.age

    assert get("a", 100.0) == (0, 0.0)
    assert get("b", 100.0) == (1, 0.0)
    assert get("a", 699.0) == (0, 599.0)
    assert get("a", 700.0) == (2, 0.0)
    assert get("a", 701.0, fresh=True) == (3, 0.0)
    kept.forget("a")
    assert get("a", 702.0) == (4, 0.0)
    assert get("a", 50.0) == (5, 0.0)  # no clock goes backwards; another one may
    kept.clear()
    assert get("a", 50.0) == (6, 0.0)
