"""A ``JiraUpdate`` held against Jira: the difference that it would make, and the transition."""

from collections.abc import Iterator, Mapping, Sequence

from penstock.errors import FailureType, StepFailed
from penstock.inspection import Difference, Finding, Inspection, Level, Write
from penstock.json_types import Json
from penstock.step import StepContext
from penstock_jira.answer import members, text
from penstock_jira.change import ELSEWHERE, parted, unlike, written
from penstock_jira.errors import NotFound
from penstock_jira.extra import issue_path
from penstock_jira.fields import is_comment
from penstock_jira.inspection.beside import beside_findings, beside_writes
from penstock_jira.inspection.entries import Entries
from penstock_jira.inspection.lookout import Lookout
from penstock_jira.inspection.open_values import comes_with_the_run, is_open
from penstock_jira.present import Present
from penstock_jira.preview import entry_text, short
from penstock_jira.readback import short_value
from penstock_jira.sprints import Sprints
from penstock_jira.transitions import Transition
from penstock_jira.update import JiraUpdate
from penstock_jira.values import Values

__all__ = ["inspect_update"]

_KEY = ("issueKey",)
_STATUS, _NAME = ("transitionTo", "status"), ("transitionTo", "transitionName")
_LATER = ": the names of fields and of the status are checked, and values and the way there are not"


def inspect_update(step: JiraUpdate, context: StepContext) -> Inspection:
    """Return what a run would change if it ran now, and what is wrong with it."""
    lookout = Lookout(context, step.connector_ref)
    beside = tuple(beside_findings(step, lookout, context))
    if is_open(step.issue_key):
        note = comes_with_the_run("issueKey", step.issue_key, _KEY, _LATER)
        names = lookout.unknown_fields(step.fields)
        return Inspection((note, *names, *_unknown_status(step, lookout), *beside))
    return _Update(step, lookout, context).found(beside)


def _unknown_status(step: JiraUpdate, lookout: Lookout) -> Iterator[Finding]:
    wanted = step.wanted
    if wanted is not None and wanted.status and not is_open(wanted.status):
        found = lookout.unknown_status(wanted.status, _STATUS)
        if found is not None:
            yield found


class _Update:
    """One update of an issue that is there."""

    def __init__(self, step: JiraUpdate, lookout: Lookout, context: StepContext) -> None:
        self._step, self._lookout, self._context = step, lookout, context
        self._now = Present(lookout.client, step.issue_key)
        self._fields = [entry for entry in step.fields if not is_comment(entry)]
        self._findings: list[Finding] = []

    def found(self, beside: Sequence[Finding]) -> Inspection:
        step = self._step
        try:
            _ = self._now.issue
        except NotFound:
            missing = self._lookout.not_there(step.issue_key, _KEY)
            names = self._lookout.unknown_fields(step.fields)
            return Inspection((missing, *names, *_unknown_status(step, self._lookout), *beside))
        way = self._way()
        sprints = Sprints(self._lookout.client, lambda: self._now.project)
        entries = Entries(self._lookout, self._now.takes(way), sprints, ELSEWHERE, new=False)
        entries.add(step.fields)
        if way is not None:
            self._lacking(way)
        editable = {field.id for field in self._now.screen.fields}
        edit, move = parted(entries.values, editable)
        for name, value in entries.pending_values.items():
            part = edit if name in editable else move
            part.values[name], part.written[name] = value, entries.pending[name]
        return Inspection(
            (*entries.findings, *self._findings, *beside),
            tuple(self._differences(edit, move, way)),
            tuple(self._writes(edit, move, way)),
        )

    def _way(self) -> Transition | None:
        wanted = self._step.wanted
        if wanted is None:
            return None
        for value, place in ((wanted.status, _STATUS), (wanted.name, _NAME)):
            if is_open(value):
                self._findings.append(comes_with_the_run("transitionTo", value, place))
                return None
        try:
            way = self._now.way(wanted, self._fields)
        except StepFailed as failure:
            if failure.failure_type is not FailureType.CONFIGURATION:
                raise
            self._findings.append(self._no_way(failure))
            return None
        if way is None:
            told = f"{self._now.key} is {self._now.status.name} already: no transition is made"
            self._findings.append(Finding(Level.NOTE, told, place=_STATUS))
        return way

    def _no_way(self, failure: StepFailed) -> Finding:
        """Return why the transition cannot be made now; people, or a step before, may change it."""
        found = next(_unknown_status(self._step, self._lookout), None)
        if found is not None:
            return found
        wanted = self._step.wanted
        place = _STATUS if wanted is not None and wanted.status else _NAME
        return Finding(Level.WARNING, f"not possible now: {failure.message}", failure.hint, place)

    def _lacking(self, way: Transition) -> None:
        absent = self._now.lacking(way, self._fields)
        if absent:
            told = f"Required fields {{{', '.join(absent)}}} for the transition {way} are missing"
            advice = "add them to fields; without them the step stops before it sends anything"
            self._findings.append(Finding(Level.WARNING, told, advice, _STATUS))

    def _differences(
        self, edit: Values, move: Values, way: Transition | None
    ) -> Iterator[Difference]:
        names = members(self._now.issue.get("names"))
        for part in (edit, move):
            present = self._now.beside(part)
            for name in unlike(part, present):
                label = text(names.get(name)) or name
                entry, before = part.written[name], present.get(name)
                after = "nothing" if entry.clears else short(entry_text(entry))
                shown = "nothing" if before in (None, [], "") else short_value(before)
                yield Difference(label, shown, after)
        if way is not None:
            after = f"{way.to.name} (by {way.name})"
            yield Difference("Status", self._now.status.name, after)

    def _writes(self, edit: Values, move: Values, way: Transition | None) -> Iterator[Write]:
        changed = unlike(edit, self._now.beside(edit))
        if changed:
            path = issue_path(self._now.key, edit.api)
            yield Write(f"PUT {path}", written(edit, changed))
        yield from beside_writes(self._step, self._lookout, self._context, self._now.key)
        if way is not None:
            body: Mapping[str, Json] = {
                "transition": {"id": way.id},
                **written(move, move.names),
            }
            path = issue_path(self._now.key, move.api)
            yield Write(f"POST {path}/transitions", body)
