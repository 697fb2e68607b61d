"""An issue that is there already is taken as it is, and nothing is created."""

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.errors import FailureType, StepFailed
from penstock_jira.create import JiraCreate
from penstock_jira.errors import JiraRefused

OURS = {"reuse": {"jql": "project = REL AND labels = release-4"}}
NONE = {"reuse": {"jql": "project = REL AND labels = no-such"}}
TAKEN = "{} is there already, by reuse.jql: it is taken as it is, and nothing is created"


def several(answer: str) -> dict[str, Any]:
    return {"reuse": {**OURS["reuse"], "onSeveral": answer}}


def test_what_is_found_is_taken_as_it_is_and_nothing_is_written(site: Any) -> None:
    site.make("The release", label="release-4")
    outputs = site.run(**OURS, comment={"text": "Hello"}, fields=[{"name": "No", "value": "x"}])
    assert (outputs["issue"]["key"], outputs["issue"]["Summary"]) == ("REL-2", "The release")
    assert outputs["created"] is False
    assert site.notes == [TAKEN.format("REL-2")]
    assert (site.creates(), site.comments("REL-2")) == (1, [])


def test_what_is_not_found_is_created(site: Any) -> None:
    outputs = site.run(**NONE)
    assert (outputs["issue"]["key"], outputs["created"]) == ("REL-2", True)
    assert (site.creates(), site.notes) == (1, [])


def test_a_step_without_reuse_says_that_it_created_its_issue(site: Any) -> None:
    assert site.run()["created"] is True


def test_what_was_taken_stays_taken_in_the_next_life(site: Any) -> None:
    site.make("The release", label="release-4")
    site.crash(**OURS)
    site.make("Another one", label="release-4")
    for _ in range(2):
        outputs = site.run(**OURS)
        assert (outputs["issue"]["key"], outputs["created"]) == ("REL-2", False)
    assert site.creates() == 2
    site.look_again()
    assert site.notes == [TAKEN.format("REL-2")]


def test_what_an_earlier_life_may_have_created_is_not_taken_for_somebody_elses(site: Any) -> None:
    fields = [{"name": "Summary", "value": "x"}, {"name": "Labels", "value": "release-4"}]
    site.crash(**OURS, fields=fields)
    outputs = site.run(**OURS, fields=fields)
    assert (outputs["issue"]["key"], outputs["created"]) == ("REL-2", True)
    assert site.creates() == 1


def test_several_are_refused_by_name(site: Any) -> None:
    for _ in range(2):
        site.make("The release", label="release-4")
    with pytest.raises(StepFailed) as told:
        site.run(**OURS)
    assert str(told.value) == (
        "reuse.jql finds several issues: REL-3, REL-2; make it narrower, or write onSeveral: "
        "newest, or oldest"
    )
    assert told.value.failure_type is FailureType.CONFIGURATION
    assert site.effects.written == {}


def test_very_many_are_not_all_told(site: Any) -> None:
    for _ in range(12):
        site.make("The release", label="release-4")
    with pytest.raises(StepFailed, match=r"issues: REL-13, .*, REL-4 and more; make it narrower"):
        site.run(**OURS)


@pytest.mark.parametrize(("answer", "key"), [("newest", "REL-4"), ("oldest", "REL-2")])
def test_one_of_several_is_taken_where_the_step_says_which(
    site: Any, answer: str, key: str
) -> None:
    for _ in range(3):
        site.make("The release", label="release-4")
        site.clock.advance(60)
    assert site.run(**several(answer))["issue"]["key"] == key


@pytest.mark.parametrize("age", [0, 700])
def test_what_the_index_does_not_know_yet_is_found_on_cloud(site: Any, age: int) -> None:
    """Data Center has no way to tell its index of an issue: the documentation says so."""
    site.clock.advance(age)
    site.lag(600)
    site.make("The release", label="release-4")
    outputs = site.run(**OURS)
    assert outputs["created"] is not site.connector.client().cloud


def test_what_was_deleted_is_not_taken_though_the_index_knows_it(site: Any) -> None:
    site.make("The release", label="release-4")
    lost = '{"errorMessages": ["Issue does not exist or you do not have permission to see it."]}'
    site.fault("GET", "/issue/1000", kind="status", status=404, body=lost)
    assert site.run(**OURS)["created"] is True


def test_a_search_that_is_refused_creates_nothing(site: Any) -> None:
    with pytest.raises(JiraRefused, match="look for an issue to take"):
        site.run(reuse={"jql": "project = REL AND nonsense ="})
    assert site.creates() == 0


def test_a_project_whose_newest_issue_is_not_known_is_searched_all_the_same(site: Any) -> None:
    site.make("The release", label="release-4")
    site.fault("POST", "/search", kind="status", status=400, body='{"errorMessages": ["no"]}')
    assert site.run(**OURS)["created"] is False
    assert site.notes[0].startswith("the newest issue is not known: Jira refused")


def make(**reuse: Any) -> JiraCreate:
    return JiraCreate.model_validate(
        {"connectorRef": "x", "projectKey": "REL", "issueType": "Change", "reuse": reuse}
    )


@pytest.mark.parametrize(
    ("reuse", "words"),
    [
        ({}, "jql"),
        ({"jql": " "}, "jql can't be empty; write a text"),
        ({"jql": "labels = a ORDER BY created"}, "takes no ORDER BY; onSeveral says which"),
        ({"jql": "labels = a", "onSeveral": "first"}, "'fail', 'newest' or 'oldest'"),
        ({"jql": "labels = a", "query": "x"}, "query"),
    ],
)
def test_a_reuse_that_makes_no_sense_is_refused_with_the_document(reuse: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        make(**reuse)


def test_a_plan_shows_the_search_first() -> None:
    assert make(jql="labels = a").preview() == (
        "search  labels = a",
        "  takes the issue that it finds; of several fails; of none:",
        "POST /rest/api/2/issue  project REL, issue type Change",
    )
    lines = make(jql="labels = a", onSeveral="newest").preview()
    assert lines[1] == "  takes the issue that it finds; of several takes the newest; of none:"
