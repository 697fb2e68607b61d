"""What is written into the journal and read back: rows, claims, secrets."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from penstock.errors import JournalError, OwnershipLost
from penstock.events import Status
from penstock.evidence import broken
from penstock.journal import AttemptRecord, EffectRecord, Journal, RunRecord, WaitRecord
from penstock.journal.database import transaction
from penstock.journal.records import verdict_from_json, verdict_to_json
from penstock.secret import MASK, Masker
from penstock.verdict import Combination, Condition, Verdict, VerdictStatus

AT = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
SECRET = 'hunter"22/ü'
VERDICT = Verdict(
    VerdictStatus.REJECTED,
    "it was rejected",
    Condition(
        "all of it",
        None,
        combine=Combination.ALL,
        parts=(
            Condition("Status equals", False, "Done", "To Do", "near miss: Done", "2026", "cab"),
            Condition("not", True, combine=Combination.NOT, parts=(Condition("x", True),)),
        ),
    ),
    Condition("rejection", True),
    AT,
    {"status": "To Do", "list": [1, None, {"x": 1.5}]},
)


def run_record(identifier: str = "run0", pipeline: str = "p", **more: object) -> RunRecord:
    record = RunRecord(identifier, pipeline, "A pipeline", 0, Status.RUNNING, "{}", {}, {}, AT)
    return replace(record, **more)


def attempt_record(path: str = "s/a", **more: object) -> AttemptRecord:
    return replace(AttemptRecord(path, 1, Status.RUNNING, {}, {}, AT), **more)


def wait_record(path: str = "s/a", **more: object) -> WaitRecord:
    record = WaitRecord("run0", path, "jira", "REL-1", ("Status",), 60.0, None, AT, AT)
    return replace(record, **more)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.db"


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    made = Journal(file)
    yield made
    made.close()


@pytest.fixture
def closed(file: Path) -> Path:
    """The file of a journal with one run, which nobody has open."""
    journal = Journal(file)
    journal.add_run(run_record())
    journal.close()
    return file


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def in_threads(tasks) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Rows


def test_a_run_is_read_as_it_was_written_with_the_next_number_of_its_pipeline(journal):
    first = journal.add_run(run_record("a", facts={"user": "ann"}, settings={"sandbox": None}))
    assert first == run_record("a", sequence=1, facts={"user": "ann"}, settings={"sandbox": None})
    assert journal.add_run(run_record("b")).sequence == 2
    assert journal.add_run(run_record("c", pipeline="q")).sequence == 1


def test_runs_come_the_newest_first_and_are_found_by_how_they_begin(journal):
    for number, identifier in enumerate(["ab1", "ab2", "b%"]):
        journal.add_run(run_record(identifier, started=AT + timedelta(seconds=number)))
    assert [run.id for run in journal.runs()] == ["b%", "ab2", "ab1"]
    assert [run.id for run in journal.runs(1)] == ["b%"]
    assert journal.ids("ab") == ["ab1", "ab2"]
    assert journal.ids("ab", limit=1) == ["ab1"]
    assert journal.ids("%") == []


def test_a_run_that_is_not_there_is_told(journal, file):
    with pytest.raises(JournalError, match=f"there is no run 'x' in {file}"):
        journal.run("x")
    with pytest.raises(JournalError, match="there is no run 'x'"):
        journal.claim("x", "me")


def test_an_id_that_is_taken_is_not_written_over(journal):
    journal.add_run(run_record("a", name="first"))
    with pytest.raises(JournalError, match=r"cannot be written: .*UNIQUE"):
        journal.add_run(run_record("a", name="second"))
    assert journal.run("a").name == "first"


def test_the_end_of_a_run_is_written_once(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    journal.set_run_status(claim, Status.SUCCEEDED, finished=AT, message="done")
    ended = journal.run("run0")
    assert (ended.status, ended.finished, ended.message, ended.owner) == (
        Status.SUCCEEDED,
        AT,
        "done",
        "me",
    )
    late = journal.claim("run0", "somebody who comes late")
    with pytest.raises(JournalError, match="run run0 has ended already: Succeeded"):
        journal.set_run_status(late, Status.ABORTED, finished=AT)
    assert journal.run("run0").status is Status.SUCCEEDED


def test_an_attempt_is_read_as_it_was_written_and_written_over(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    begun = attempt_record(spec={"text": "x", "list": [1, None, "ü"]})
    journal.write_attempt(claim, begun)
    assert journal.attempts("run0") == [begun]
    ended = replace(
        begun, status=Status.FAILED, finished=AT, message="no", failure="Timeout", outputs={"n": 1}
    )
    journal.write_attempt(claim, ended)
    assert journal.attempts("run0") == [ended]


def test_the_latest_attempt_counts_even_if_the_clock_was_set_back(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    for number, seconds in ((1, 10), (2, 0)):
        started = AT + timedelta(seconds=seconds)
        journal.write_attempt(claim, attempt_record(attempt=number, started=started))
    journal.write_attempt(claim, attempt_record("s/0", started=AT + timedelta(seconds=20)))
    assert [(item.path, item.attempt) for item in journal.attempts("run0")] == [
        ("s/a", 2),
        ("s/0", 1),
    ]


def test_an_instant_of_any_zone_is_kept_as_the_same_instant(journal):
    berlin = AT.astimezone(timezone(timedelta(hours=2)))
    assert journal.add_run(run_record(started=berlin)).started == AT


def test_a_wait_is_opened_and_closed_together_with_the_status_of_its_run(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    wait = wait_record(link="http://127.0.0.1/REL-1", fields=("Status", "Risk Level"))
    journal.open_wait(claim, attempt_record(status=Status.APPROVAL_WAITING), wait)
    assert journal.waits("run0") == [wait]
    assert journal.run("run0").status is Status.APPROVAL_WAITING
    journal.close_wait(claim, attempt_record(status=Status.EXPIRED))
    assert journal.run("run0").status is Status.RUNNING
    assert journal.attempts("run0")[0].status is Status.EXPIRED
    assert journal.waits("run0") == [wait]


def test_a_verdict_is_read_as_it_was_written(journal):
    assert verdict_from_json(verdict_to_json(VERDICT)) == VERDICT
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    journal.open_wait(claim, attempt_record(), wait_record())
    plain = Verdict(VerdictStatus.WAITING, "not yet")
    journal.write_verdict(claim, "s/a", plain)
    assert journal.waits("run0")[0].verdict == plain
    journal.close_wait(claim, attempt_record(status=Status.APPROVAL_REJECTED), VERDICT)
    final = journal.waits("run0")[0].verdict
    assert replace(final, evidence={}) == VERDICT
    assert set(final.evidence) == {"verdict", "sha256"}
    assert broken(final.evidence) == ()


@pytest.mark.parametrize("result", [None, 0, False, "", "x", [], {"key": "REL-1"}])
def test_an_effect_is_read_as_it_was_written(journal, result):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    effect = EffectRecord("s/a", "create", "penstock-1", {"project": "REL"}, AT, tries=1)
    journal.write_effect(claim, effect)
    assert journal.effect("run0", "s/a", "create") == effect
    done = replace(effect, done=True, result=result)
    journal.write_effect(claim, done)
    assert journal.effect("run0", "s/a", "create") == done
    sent = replace(done, sent=AT, again=120.0)
    journal.write_effect(claim, sent)
    assert journal.effect("run0", "s/a", "create") == sent
    journal.forget_effect(claim, "s/a", "create")
    assert journal.effect("run0", "s/a", "create") is None


def test_the_effects_of_a_run_are_those_without_a_result_or_with_a_look_owed(journal):
    journal.add_run(run_record())
    claim = journal.claim("run0", "test")
    open_ = EffectRecord("s/a", "open", "m1", {}, AT, tries=1, sent=AT)
    done = EffectRecord("s/b", "done", "m2", {}, AT + timedelta(1), True, 1, 1, AT)
    owed = EffectRecord("s/c", "owed", "m3", {}, AT + timedelta(2), True, 1, 2, AT, 120.0)
    for effect in (owed, done, open_):
        journal.write_effect(claim, effect)
    assert journal.effects("run0") == [open_, owed]
    journal.close_effect(claim, "s/c", "owed")
    assert journal.effects("run0") == [open_]
    assert journal.effects("run1") == []


AWKWARD = ["\ud83d", "a\x00b", "\u2028", "🙂", "\r\n\x1b[31m"]


@pytest.mark.parametrize("text", AWKWARD)
def test_any_text_of_another_system_can_be_written_and_is_read_back(journal, text):
    claim = journal.claim(journal.add_run(run_record(name=text)).id, "me")
    journal.write_attempt(claim, attempt_record(outputs={text: text}, message=text))
    attempt = journal.attempts("run0")[0]
    assert attempt.outputs == {text: text}
    escaped = text.encode("utf-8", "backslashreplace").decode()
    assert (attempt.message, journal.run("run0").name) == (escaped, escaped)


def test_what_is_no_json_is_refused_and_nothing_of_it_is_written(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    for outputs in ({"x": object()}, {"x": float("nan")}):
        with pytest.raises((TypeError, ValueError)):
            journal.write_attempt(claim, attempt_record(outputs=outputs))
    assert journal.attempts("run0") == []


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("run", "facts", "{"),
        ("run", "status", "Sleeping"),
        ("attempt", "outputs", "no json"),
        ("attempt", "started", "yesterday"),
        ("wait", "verdict", "{}"),
        ("effect", "intent", "["),
    ],
)
def test_a_row_changed_by_hand_is_told_and_other_runs_go_on(journal, table, column, value):
    for identifier in ("run0", "run1"):
        claim = journal.claim(journal.add_run(run_record(identifier)).id, "me")
        journal.open_wait(claim, attempt_record(), replace(wait_record(), run=identifier))
        journal.write_effect(claim, EffectRecord("s/a", "e", "m", {}, AT))
    key = "id" if table == "run" else "run"
    journal._connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = 'run0'", (value,))

    def everything(run: str) -> None:
        journal.run(run)
        journal.attempts(run)
        journal.waits(run)
        journal.effect(run, "s/a", "e")

    everything("run1")
    with pytest.raises(JournalError, match=f"table {table}, of run 'run0', that cannot be read"):
        everything("run0")


def test_a_journal_that_breaks_while_it_is_open_is_told_and_blamed_on_nobody_else(closed):
    journal = Journal(closed)
    size = closed.stat().st_size
    closed.write_bytes(b"\xff" * size)
    with pytest.raises(JournalError, match="the journal cannot be read: "):
        journal.run("run0")
    with pytest.raises(JournalError, match=r"the journal cannot be (read|written): "):
        journal.add_run(run_record("run1"))
    journal.close()


def test_a_journal_that_was_closed_takes_no_writes(journal):
    journal.close()
    with pytest.raises(JournalError, match="the journal cannot be written"):
        journal.claim("run0", "me")


# Claims


def test_who_lost_a_claim_writes_nothing(file, journal):
    old = journal.claim(journal.add_run(run_record()).id, "first")
    journal.open_wait(old, attempt_record(), wait_record())
    journal.write_effect(old, EffectRecord("s/a", "e", "m", {}, AT))
    second = Journal(file)
    new = second.claim("run0", "second")
    assert not journal.holds(old)
    assert second.holds(new)
    before = dump(file)
    attempt = attempt_record(status=Status.SUCCEEDED)
    writes = [
        lambda: journal.set_run_status(old, Status.FAILED),
        lambda: journal.write_attempt(old, attempt),
        lambda: journal.open_wait(old, attempt, wait_record("s/b")),
        lambda: journal.write_verdict(old, "s/a", VERDICT),
        lambda: journal.close_wait(old, attempt, VERDICT),
        lambda: journal.write_effect(old, EffectRecord("s/a", "e", "m", {}, AT, True)),
        lambda: journal.forget_effect(old, "s/a", "e"),
        lambda: journal.close_effect(old, "s/a", "e"),
    ]
    for write in writes:
        with pytest.raises(OwnershipLost, match="run run0 is carried by another process now"):
            write()
    assert dump(file) == before
    second.write_attempt(new, attempt)
    second.close()


def test_a_claim_on_a_run_that_is_gone_writes_nothing(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    journal._connection.execute("DELETE FROM run")
    with pytest.raises(OwnershipLost):
        journal.write_attempt(claim, attempt_record())
    assert not journal.holds(claim)


def test_a_commit_of_another_process_is_noticed_and_ones_own_is_not(file, journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    before = journal.changed_elsewhere()
    journal.write_attempt(claim, attempt_record())
    assert journal.changed_elsewhere() == before
    second = Journal(file)
    assert journal.changed_elsewhere() == before
    second.add_run(run_record("run1"))
    second.close()
    assert journal.changed_elsewhere() != before


def test_a_write_that_fails_halfway_leaves_nothing_behind(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    with pytest.raises(JournalError, match=r"cannot be written: .*NOT NULL"):
        journal.open_wait(claim, attempt_record(), wait_record(interval=None))
    assert (journal.attempts("run0"), journal.waits("run0")) == ([], [])
    journal.write_attempt(claim, attempt_record())


def test_a_write_that_sqlite_itself_has_rolled_back_is_told(journal):
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    connection = journal._connection
    with pytest.raises(JournalError, match=r"cannot be written: .*UNIQUE"), transaction(connection):
        connection.execute("INSERT OR ROLLBACK INTO run SELECT * FROM run")
    journal.write_attempt(claim, attempt_record())


ATTEMPTS = 40


def test_six_threads_that_write_at_once_lose_nothing(file, journal):
    def write(identifier: str) -> None:
        mine = Journal(file)
        claim = mine.claim(mine.add_run(run_record(identifier)).id, identifier)
        for number in range(ATTEMPTS):
            mine.write_attempt(claim, attempt_record(f"s/{number}"))
        mine.close()

    names = [f"run{number}" for number in range(6)]
    in_threads([lambda name=name: write(name) for name in names])
    assert {name: len(journal.attempts(name)) for name in names} == dict.fromkeys(names, ATTEMPTS)
    assert sorted(run.sequence for run in journal.runs()) == [1, 2, 3, 4, 5, 6]


WRITER = """
import sys
from datetime import datetime, timezone
from pathlib import Path
from penstock.events import Status
from penstock.journal import AttemptRecord, Journal, RunRecord

at = datetime.now(timezone.utc)
name = sys.argv[2]
journal = Journal(Path(sys.argv[1]))
run = journal.add_run(RunRecord(name, "p", "p", 0, Status.RUNNING, "{}", {}, {}, at))
claim = journal.claim(name, name)
for number in range(int(sys.argv[3])):
    journal.write_attempt(claim, AttemptRecord(f"s/{number}", 1, Status.RUNNING, {}, {}, at))
"""


def test_six_processes_that_make_and_fill_one_journal_lose_nothing(file):
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    names = [f"run{number}" for number in range(6)]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, file, name, str(ATTEMPTS)], env=environ)
        for name in names
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 6
    journal = Journal(file)
    assert {name: len(journal.attempts(name)) for name in names} == dict.fromkeys(names, ATTEMPTS)
    assert sorted(run.sequence for run in journal.runs()) == [1, 2, 3, 4, 5, 6]
    journal.close()


# Secrets


def dump(file: Path) -> str:
    """Return the whole database as text, every value of every column."""
    connection = sqlite3.connect(file)
    text = "\n".join(connection.iterdump())
    connection.close()
    return text


def test_a_secret_is_masked_in_every_column(file):
    masker = Masker()
    masker.add(SECRET)
    journal = Journal(file, masker)
    said = f"the token is {SECRET}."
    tree = {said: [said, {"deep": SECRET}]}
    plan = f'{{"spec":{{"text":"the token is {SECRET}"}},"line":1}}'.replace('r"2', 'r\\"2')
    run = run_record(pipeline=said, name=said, facts=tree, settings=tree, plan=plan)
    claim = journal.claim(journal.add_run(run).id, "me")
    attempt = attempt_record(spec=tree, outputs=tree, message=said)
    wait = wait_record(connector=said, key=said, fields=(said,), link=f"http://x/{SECRET}")
    leaf = Condition(said, None, said, said, said, said, said)
    verdict = Verdict(
        VerdictStatus.WAITING, said, leaf, replace(leaf, parts=(leaf,)), AT, tree, tree
    )
    journal.open_wait(claim, attempt, wait)
    journal.write_verdict(claim, "s/a", verdict)
    journal.close_wait(claim, attempt, verdict)
    journal.write_effect(claim, EffectRecord("s/a", "e", "m", tree, AT, True, tree))
    with_end = journal.attempts("run0")[0], journal.waits("run0")[0], journal.run("run0")
    journal.set_run_status(claim, Status.FAILED, finished=AT, message=said)
    text = dump(file)
    journal.close()
    for form in (SECRET, "hunter", "22/ü", "22/\\u00fc", "hunter%22"):
        assert form not in text
    masked = f"the token is {MASK}."
    assert with_end[0].outputs == {masked: [masked, {"deep": MASK}]}
    assert broken(with_end[1].verdict.evidence) == ()
    assert (with_end[1].key, with_end[1].link) == (masked, f"http://x/{MASK}")
    assert with_end[2].plan == f'{{"spec":{{"text":"the token is {MASK}"}},"line":1}}'
    leftovers = b"".join(contents(file.parent).values())
    assert b"hunter" not in leftovers


def test_masking_never_breaks_the_json_of_a_row(file):
    masker = Masker()
    for secret in ("123456", '","said":"', '{"n":12345}'):
        masker.add(secret)
    journal = Journal(file, masker)
    claim = journal.claim(journal.add_run(run_record()).id, "me")
    outputs = {"id": "a123456", "count": 1234567, "text": "x", "said": "y", "tree": {"n": 12345}}
    journal.write_attempt(claim, attempt_record(outputs=outputs))
    assert journal.attempts("run0")[0].outputs == {**outputs, "id": f"a{MASK}"}
    journal.close()
