"""What is written and cannot be stored, or would be stored as something else.

Of two users or options with one name the sandbox has none; `tests/jira` has them.
"""

import json

from faults.actions import refusal
from faults.case import case, cases
from faults.scene import Scene
from faults.steps import create, one_issue, refused, update

NOT_THERE = "Field '{0}' cannot be set. It is not on the appropriate screen, or unknown."
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
#: A summary, and whether it can be stored: Jira counts UTF-16, 255 of it.
SUMMARIES = [
    ("255 characters", "x" * 255, True),
    ("256 characters", "x" * 256, False),
    ("127 emoji and a letter", "\U0001f680" * 127 + "x", True),
    ("128 emoji", "\U0001f680" * 128, False),
    ("spaces alone", "   ", False),
    ("a NUL", "a\x00b", False),
    ("text from right to left", "\u202b\u05e9\u05dc\u05d5\u05dd\u202c", True),
    ("a family of emoji", FAMILY, True),
    ("a letter in two parts", "Muenchen e\u0301", True),
    ("a dotless i and a sharp s", "I\u0131\u0130i \xdf", True),
    ("what looks like an expression", "{{ 7*7 }}", True),
    ("what looks like nothing", "None", True),
]


@cases("a summary of {0}", SUMMARIES)
def summary(scene: Scene, _: str, text: str, fits: bool) -> str:
    ended = scene.run(create(_as_text(text)))
    scene.happened()
    if not fits:
        assert scene.wire.count("POST", "/issue$") == 0
        return f"{refused(scene, ended)}, before anything is sent"
    outcome = one_issue(scene, ended)
    (issue,) = scene.issues()
    stored = scene.jira("GET", f"/rest/api/2/issue/{issue['key']}?fields=summary")
    assert stored["fields"]["summary"] == text
    return f"{outcome}, stored as it is"


def _as_text(text: str) -> str:
    """Return how a pipeline writes text that is no expression."""
    return '<+"{{">' + text[2:] if text.startswith("{{") else text


@cases("a description of {0} characters", [(32_767, True), (32_768, False)])
def description(scene: Scene, length: int, fits: bool) -> str:
    ended = scene.run(create(fields=[{"name": "Description", "value": "x" * length}]))
    scene.happened()
    if fits:
        return one_issue(scene, ended)
    assert scene.wire.count("POST", "/issue$") == 0
    return f"{refused(scene, ended, 'Jira takes 32,767')}, before anything is sent"


@case("a summary of two lines")
def two_lines(scene: Scene) -> str:
    outcome = one_issue(scene, scene.run(create("one\ntwo")))
    scene.happened()
    stored = scene.jira("GET", "/rest/api/2/issue/REL-1?fields=summary")
    assert stored["fields"]["summary"] == "one two"
    return f"{outcome}, on one line"


@case("a field is taken off the screen between the metadata and the write")
def off_the_screen(scene: Scene) -> str:
    field = "customfield_10010"
    scene.fault("POST", "/issue$", refusal(400, **{field: NOT_THERE.format(field)}))
    ended = scene.run(create(fields=[{"name": "Risk Level", "value": "Low"}]))
    place = "put the field on the create screen of Change in REL"
    return refused(scene, ended, "Risk Level (customfield_10010)", place)


@case("a field that is on no screen")
def on_no_screen(scene: Scene) -> str:
    ended = scene.run(create(fields=[{"name": "Risk Levl", "value": "Low"}]))
    scene.happened()
    return refused(scene, ended, "did you mean 'Risk Level'", "the create screen of Change in REL")


@case("two fields with one name")
def ambiguous(scene: Scene) -> str:
    ended = scene.run(create(fields=[{"name": "Environment", "value": "staging"}]))
    scene.happened()
    return refused(
        scene, ended, "2 fields are called 'Environment'", "environment (", "write the id"
    )


@case("a transition that is not possible from here")
def no_such_way(scene: Scene) -> str:
    key = scene.issue()
    ended = scene.run(update(key, transitionTo={"status": "Done"}))
    scene.happened()
    assert scene.wire.count("POST", "/transitions") == 0
    return refused(scene, ended, "Request approval")


@case("a transition whose screen asks for a field that is not given")
def needs_a_field(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval", "Approve", "Start deployment")
    ended = scene.run(update(key, transitionTo={"status": "Done"}))
    scene.happened()
    assert scene.wire.count("POST", "/transitions") == 0
    return refused(scene, ended, "Resolution")


@case("a transition to where the issue is already, in other letters")
def already_there(scene: Scene) -> str:
    key = scene.issue()
    scene.move(key, "Request approval")
    ended = scene.run(update(key, transitionTo={"status": "PENDING approval"}))
    scene.happened()
    assert ended.code == 0, ended.message
    assert scene.wire.count("POST", "/transitions") == 0
    return "nothing is sent"


@case("a secret is written into a field")
def secret_in_a_field(scene: Scene) -> str:
    secret = '<+secrets.getValue("account.jira_token")>'
    ended = scene.run(create(f"Token {secret}"))
    scene.happened()
    assert ended.code == 2, json.dumps(ended.error)
    assert scene.wire.requests == []
    return "refused before anything is sent"
