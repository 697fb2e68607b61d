import io
from datetime import UTC

from rich.console import Console

from penstock.events import Status
from penstock.render.masking import mask_event
from penstock.render.tree import LiveRenderer
from penstock.secret import Masker
from penstock.testing import FakeClock
from penstock.verdict import Condition, Verdict, VerdictStatus

SECRET = "atlassian-" + "0123456789abcdef" * 12


def masker():
    masker = Masker()
    masker.add(SECRET)
    return masker


def test_a_secret_is_hidden_in_every_text_of_an_event(story):
    leaf = Condition(SECRET, None, SECRET, SECRET, SECRET, SECRET, SECRET)
    tree = Condition("all", False, parts=(leaf,))
    events = [
        story.note("a", f"Jira answers: {SECRET}"),
        story.looked(Verdict(VerdictStatus.WAITING, SECRET, tree, leaf, {"x": SECRET})),
        story.ended(
            "a", Status.FAILED, message=SECRET, outputs={"a": [{SECRET: SECRET}], "b": (1, None)}
        ),
    ]
    for event in events:
        hidden = mask_event(event, masker())
        assert SECRET in repr(event) and SECRET not in repr(hidden)
        assert type(hidden) is type(event)
        assert (hidden.run, hidden.at) == (event.run, event.at)


def test_an_event_without_secrets_stays_as_it_is(story):
    for event in (story.started(), story.looked(story.verdict()), story.finished()):
        assert mask_event(event, masker()) == event
    assert mask_event(story.finished(), masker()).status is Status.SUCCEEDED


def test_a_secret_that_a_table_would_have_wrapped_is_hidden(story):
    def drawn(event):
        stream = io.StringIO()
        console = Console(file=stream, width=60, height=40, _environ={})
        renderer = LiveRenderer(console, FakeClock(), zone=UTC)
        renderer._progress.apply(event)
        console.print(renderer)
        return stream.getvalue()

    event = story.looked(Verdict(VerdictStatus.WAITING, "", Condition("A", False, SECRET, SECRET)))
    assert SECRET not in drawn(event) and "0123456789abcdef" in drawn(event)
    assert "0123456789" not in drawn(mask_event(event, masker()))
