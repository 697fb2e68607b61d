from penstock.events import Event, Status
from penstock.render.progress import RunProgress


def after(*events):
    progress = RunProgress()
    for event in events:
        progress.apply(event)
    return progress


def test_the_plan_is_there_from_the_start(story):
    progress = after(story.started())
    assert list(progress.steps) == [
        *("change", "change/open", "change/approval", "deploy", "deploy/canary")
    ]
    assert {step.status for step in progress.steps.values()} == {Status.NOT_STARTED}


def test_a_step_that_begins_opens_its_stage(story):
    progress = after(story.started(), story.step("change/open", 1))
    assert progress.steps["change"].status is Status.RUNNING
    assert progress.steps["change"].started == story.at(1)
    assert progress.steps["deploy"].status is Status.NOT_STARTED


def test_a_gate_that_opens_waits_and_is_final_when_it_ends(story):
    progress = after(story.started(), story.opened())
    gate = progress.steps["change/approval"]
    assert gate.status is Status.APPROVAL_WAITING
    assert (gate.title, gate.link) == ("REL-1", story.link)
    progress.apply(story.ended("change/approval", Status.EXPIRED))
    progress.apply(story.looked(story.verdict()))
    assert gate.status is Status.EXPIRED


def test_a_look_that_sees_again_ends_the_problem(story):
    progress = after(story.opened(), story.unavailable("503", 2))
    gate = progress.steps["change/approval"]
    assert (gate.problem, gate.failures) == ("503", 2)
    progress.apply(story.looked(story.verdict()))
    assert (gate.problem, gate.failures) == ("", 0)


def test_a_new_attempt_forgets_what_the_last_one_came_to(story):
    progress = after(
        story.step("a"),
        story.looked(story.verdict(), path="a"),
        story.ended("a", Status.FAILED, message="no"),
        story.step("a", 5, attempt=2),
    )
    step = progress.steps["a"]
    assert (step.status, step.attempt, step.seconds) == (Status.RUNNING, 2, None)
    assert (step.message, step.verdict) == ("", None)


def test_steps_of_an_earlier_life_are_known_as_finished(story):
    progress = after(story.started(resumed=True, finished={"change/open": Status.SUCCEEDED}))
    assert progress.steps["change/open"].status is Status.SUCCEEDED
    assert progress.resumed


def test_a_step_that_the_plan_does_not_have_is_put_below_its_stage(story):
    progress = after(story.started(), story.step("change/extra"), story.step("other/first"))
    assert list(progress.steps) == [
        *("change", "change/open", "change/approval", "change/extra"),
        *("deploy", "deploy/canary", "other", "other/first"),
    ]
    assert progress.steps["change/extra"].depth == 1


def test_an_event_of_another_kind_changes_nothing(story):
    progress = after(story.started())
    progress.apply(Event("r1", story.at(0)))
    assert progress == after(story.started())


def test_only_the_newest_notes_are_kept(story):
    progress = after(*(story.note("a", str(n)) for n in range(5)), story.note("", "of the engine"))
    assert progress.steps["a"].notes == ["2", "3", "4"]
    assert progress.notes == ["of the engine"]
    assert "" not in progress.steps


def test_troubles_are_told_where_they_began(story):
    progress = after(
        story.started(),
        story.ended("change/open", Status.IGNORE_FAILED),
        story.ended("change/approval", Status.EXPIRED),
        story.ended("change", Status.EXPIRED),
        story.ended("deploy", Status.FAILED),
    )
    assert [step.path for step in progress.troubles()] == ["change/approval", "deploy"]
