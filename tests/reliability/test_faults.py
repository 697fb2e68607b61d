"""Every fault between Penstock and a Jira: it comes to pass, and what must become of it does.

Whatever a case is about, nothing is lost, nothing is there twice, no run is stuck, and no secret is
in the journal, the output, the log, or what was sent but for the header that it belongs in.
"""

import base64
from collections import Counter

import fault_table
import pytest
from faults import CASES, Case
from faults.actions import reset
from faults.ended import Ended
from faults.leaks import found_in, variants
from faults.scene import TOKEN, Scene
from faults.steps import create, gate
from faults.wire import Request


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_is_survived(case, tmp_path):
    played = case.tried(tmp_path)
    if played.failure is not None:
        raise played.failure
    assert played.fired > 0, "the fault never came to pass"
    assert str(played.findings) == ""
    assert played.outcome


def test_every_fault_has_a_name_of_its_own():
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("form", sorted(variants("tok-7Q/x+y=z_9f&e")))
def test_a_leak_is_found_in_every_form(form):
    places = {"log": b"before " + form.encode() + b" after", "other": b"nothing"}
    assert found_in(places, ["tok-7Q/x+y=z_9f&e"], user="release-bot") == ["log"]


def test_the_credential_of_the_header_is_found():
    sent = base64.b64encode(b"release-bot:tok-7Q/x+y=z_9f&e")
    assert found_in({"log": sent}, ["tok-7Q/x+y=z_9f&e"], user="release-bot") == ["log"]


# Who judges the faults is judged as well


def test_an_issue_that_is_reported_and_not_there_is_lost(tmp_path):
    scene = Scene(tmp_path)
    told = '{"event": "step_finished", "path": "s/open", "outputs": {"issue": {"key": "REL-99"}}}'
    scene.ends.append(Ended(0, told))
    assert scene.close().lost == ["REL-99"]


def test_two_issues_with_one_mark_are_a_duplicate(tmp_path):
    scene = Scene(tmp_path)
    mark = [{"key": "penstock", "value": {"marker": "penstock-1"}}]
    fields = {"project": {"key": "REL"}, "issuetype": {"name": "Change"}, "summary": "x"}
    for _ in range(2):
        scene.jira("POST", "/rest/api/2/issue", {"fields": fields, "properties": mark})
    assert scene.close().duplicated == ["penstock-1"]


def test_a_secret_in_a_file_or_in_what_was_printed_is_a_leak(tmp_path):
    scene = Scene(tmp_path)
    (tmp_path / "journal.db-wal").write_text(f"x{TOKEN}x")
    scene.ends.append(Ended(1, "", f"cannot sign in with {TOKEN}"))
    assert scene.close().leaked == ["run 0", "journal.db-wal"]


@pytest.mark.parametrize("where", ["path", "body"])
def test_a_secret_in_what_was_sent_is_a_leak(tmp_path, where):
    scene = Scene(tmp_path)
    headers = {"authorization": f"Bearer {TOKEN}"}  # where it belongs
    path, body = (f"/rest?os_password={TOKEN}", b"") if where == "path" else ("/", TOKEN.encode())
    scene.wire.requests.append(Request("GET", path, headers, body))
    assert scene.close().leaked == ["requests"]


def test_a_run_that_nobody_ends_is_stuck(tmp_path):
    scene = Scene(tmp_path)
    key = scene.issue()

    def stop():
        raise KeyboardInterrupt

    scene.agenda.at(100, stop)
    with pytest.raises(KeyboardInterrupt):
        scene.run(gate(key))
    assert len(scene.close().stuck) == 1


def test_a_fault_that_never_comes_to_pass_proves_nothing(tmp_path):
    def play(scene: Scene) -> str:
        scene.fault("DELETE", "/nothing", reset)
        scene.run(create())
        return "one issue"

    played = Case("never", play).tried(tmp_path)
    assert (played.fired, played.survived) == (0, False)


def test_the_table_tells_what_was_not_survived(monkeypatch, capsys):
    def fail(scene: Scene) -> str:
        raise AssertionError("it went wrong")

    def unmet(scene: Scene) -> str:
        return "fine"

    def fine(scene: Scene) -> str:
        scene.happened()
        return "fine"

    cases = [Case("a", fail), Case("b", unmet), Case("c", fine)]
    monkeypatch.setattr(fault_table, "CASES", cases)
    assert fault_table.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "fault | fired | outcome",
        "a | no | NOT SURVIVED: it went wrong; it never came to pass",
        "b | no | NOT SURVIVED: it never came to pass",
        "c | 1 | fine",
        "faults survived 1/3, lost 0, duplicated 0, leaked 0, stuck 0",
    ]
    assert fault_table.main("c") == 0
