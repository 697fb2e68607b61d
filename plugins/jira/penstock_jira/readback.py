"""What was asked for and what Jira stores, compared after the last write.

A post function, an automation or a screen may change a value, or take it, without a word.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from penstock.errors import StepFailed
from penstock.json_types import Json
from penstock.step import StepContext
from penstock_jira.answer import as_mapping, members, text
from penstock_jira.difference import has_already, holds, is_empty, minutes
from penstock_jira.document import is_document
from penstock_jira.errors import printable
from penstock_jira.extra import issue_path
from penstock_jira.plain import plain
from penstock_jira.values import Values

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["asked", "report", "short_value"]

_LONGEST = 80


def asked(values: Values) -> Json:
    """Return what a step asks for, to be kept with the effect that writes it.

    What was given as raw JSON is left out: Jira may show another form than it takes.
    """
    told = {name for name, entry in values.written.items() if not entry.is_raw}
    return {
        "values": {name: value for name, value in values.values.items() if name in told},
        "lists": {
            name: {"add": list(change.add), "remove": list(change.remove)}
            for name, change in values.lists.items()
        },
    }


def report(
    client: "JiraClient",
    context: StepContext,
    issue: Mapping[str, Json],
    wanted: Iterable[Json],
    *,
    fail: bool,
) -> None:
    """Note each field of *issue* that stores something else than *wanted* (see ``asked``).

    Raises ``StepFailed`` instead if they are to *fail* the step. An issue that does not show a
    field says nothing of it.
    """
    told = [members(each) for each in wanted]
    seen = _with_documents(client, issue, told)
    found = [line for each in told for line in _unlike(client, seen, each)]
    if not found:
        return
    words = f"{text(issue.get('key'))} stores something else than was sent: {'; '.join(found)}"
    if fail:
        raise StepFailed(
            words, hint="a post function, an automation or a later edit has changed it; look there"
        )
    context.note(words)


def _with_documents(
    client: "JiraClient", issue: Mapping[str, Json], wanted: Iterable[Mapping[str, Json]]
) -> Mapping[str, Json]:
    """Return *issue* with its rich texts as documents where *wanted* has documents for them."""
    asked_for = [pair for each in wanted for pair in members(each.get("values")).items()]
    names = sorted({name for name, value in asked_for if is_document(value)})
    if not names:
        return issue
    key = text(issue.get("key"))
    what = f"read {key}"
    answer = client.get(issue_path(key, "3"), what=what, fields=",".join(names))
    told = members(as_mapping(answer, what).get("fields"))
    return {**issue, "fields": {**members(issue.get("fields")), **told}}


def _unlike(
    client: "JiraClient", issue: Mapping[str, Json], wanted: Mapping[str, Json]
) -> Iterator[str]:
    fields, names = members(issue.get("fields")), members(issue.get("names"))
    for name, value in members(wanted.get("values")).items():
        if name in fields and not _is_stored(client, issue, name, value):
            label = text(names.get(name)) or name
            yield f"{label}: {_told(value, fields[name])}"
    for name, change in members(wanted.get("lists")).items():
        parts = members(change)
        if name in fields and not holds(fields[name], parts.get("add"), parts.get("remove")):
            label = text(names.get(name)) or name
            verbs = [f"{verb} {short_value(parts[verb])}" for verb in parts if parts[verb]]
            yield f"{label}: asked to {' and '.join(verbs)}, stored {short_value(fields[name])}"


def _is_stored(client: "JiraClient", issue: Mapping[str, Json], name: str, wanted: Json) -> bool:
    stored = members(issue.get("fields"))[name]
    if is_empty(wanted):
        return is_empty(stored)
    if name == "labels":
        return holds(stored, wanted, [])
    if name == "timetracking":
        return _same_times(members(stored), members(wanted))
    schema = members(members(issue.get("schema")).get(name))
    custom = text(schema.get("custom"))
    if custom.endswith(":gh-sprint"):
        return _has_sprint(stored, wanted)
    if isinstance(wanted, str) and _is_rich(name, custom) and client.cloud:
        return bool(stored)  # Jira Cloud keeps a document, and writes the markup anew
    return _same(stored, wanted)


def _same(stored: Json, wanted: Json) -> bool:
    """Whether they are equal; values of unlike types, of a type nobody knows, are not compared."""
    if isinstance(wanted, (list, tuple)):
        return isinstance(stored, (list, tuple)) and (
            holds(stored, wanted, [])
            and all(any(has_already(item, one) for one in wanted) for item in stored)
        )
    if isinstance(wanted, str) and isinstance(stored, (Mapping, list)):
        return True
    return has_already(stored, wanted)


def _is_rich(name: str, custom: str) -> bool:
    return name in {"description", "environment"} or custom.endswith(":textarea")


def _has_sprint(stored: Json, wanted: Json) -> bool:
    listed: Sequence[Json] = stored if isinstance(stored, (list, tuple)) else ()
    ids = [text(members(item).get("id")) for item in listed]
    return text(wanted) in ids or not any(ids)


def _same_times(stored: Mapping[str, Json], wanted: Mapping[str, Json]) -> bool:
    """Whether times are equal; weeks and days have lengths that only the site knows."""
    pairs = [(minutes(stored.get(name)), minutes(value)) for name, value in wanted.items()]
    return all(left == right for left, right in pairs if left is not None and right is not None)


def _told(wanted: Json, stored: Json) -> str:
    asked_for, found = short_value(wanted), short_value(stored)
    if asked_for == found:
        return f"asked {asked_for}, stored another text, or another look of it"
    return f"asked {asked_for}, stored {found}"


def short_value(value: Json) -> str:
    """Return the beginning of a value of Jira's, in words for people."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(short_value(item) for item in value)}]"
    shown = plain(value)
    if isinstance(value, Mapping) and shown is None:
        shown = next((text(item) for item in value.values() if text(item)), "")
    told = printable("nothing" if shown is None else str(shown))
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
