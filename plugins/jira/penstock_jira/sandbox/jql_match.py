"""Which issues a query finds, and in which order."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from penstock.json_types import Json
from penstock_jira.sandbox import fields
from penstock_jira.sandbox.contents import Issue
from penstock_jira.sandbox.field import FieldDefinition
from penstock_jira.sandbox.instant import instant_text
from penstock_jira.sandbox.jql import Both, Clause, Either, Not, Order, Query, Tree
from penstock_jira.sandbox.kind import ManyOf, Slot, items_of
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.rich_text import plain_text
from penstock_jira.sandbox.screens import project_of
from penstock_jira.sandbox.world import find

__all__ = ["Matcher"]

#: Other names that queries use for Jira's own fields.
_ALIASES = {
    "issue": "key",
    "issuekey": "key",
    "id": "key",
    "type": "issuetype",
    "component": "components",
    "fixversion": "fixVersions",
    "affectedversion": "versions",
    "due": "duedate",
    "resolved": "resolutiondate",
    "createddate": "created",
    "updateddate": "updated",
    "category": "statuscategory",
}
_INSTANTS = {"created", "updated", "resolutiondate", "duedate"}
_TEXTS = {"summary", "description", "environment", "text", "comment"}
_CATEGORIES = {"new": "To Do", "indeterminate": "In Progress", "done": "Done"}
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
_COMPARE: Mapping[str, Callable[[object, object], bool]] = {
    "<": lambda one, other: str(one) < str(other),
    "<=": lambda one, other: str(one) <= str(other),
    ">": lambda one, other: str(one) > str(other),
    ">=": lambda one, other: str(one) >= str(other),
    "=": lambda one, other: str(one) == str(other),
    "!=": lambda one, other: str(one) != str(other),
}


class Matcher:
    """Checks a query against the world and finds its issues.

    ``warnings`` are what a strict search refuses: values that do not exist.
    """

    def __init__(self, lens: Lens, now: datetime, query: Query) -> None:
        """Take the query; raise Jira's 400 for a field that there is not."""
        self._lens = lens
        self._now = now
        self._query = query
        self.warnings: list[str] = []
        self._check(query.tree)
        for order in query.order:
            self._name(order.field)

    # -- checking ----------------------------------------------------------------------------

    def _check(self, tree: Tree | None) -> None:
        match tree:
            case Both(parts) | Either(parts):
                for part in parts:
                    self._check(part)
            case Not(part):
                self._check(part)
            case Clause():
                self._check_clause(tree)

    def _check_clause(self, clause: Clause) -> None:
        name = self._name(clause.field)
        known = self._known_values(name)
        for value in clause.values:
            if known is not None and value.casefold() not in known:
                self.warnings.append(
                    f"An issue with key '{value}' does not exist for field '{clause.field}'."
                    if name == "key"
                    else f"The value '{value}' does not exist for the field '{clause.field}'."
                )
            if name in _INSTANTS and clause.operator in _COMPARE:
                self._instant(value, clause.field)

    def _known_values(self, name: str) -> set[str] | None:
        """Return what may be asked of a field, in lower case; ``None`` for anything."""
        lens, world = self._lens, self._lens.world
        if name == "key":
            keys = {issue.key.casefold() for issue in lens.contents}
            return keys | {str(issue.id) for issue in lens.contents}
        named: Mapping[str, Sequence[object]] = {
            "project": world.projects if lens.user else (),
            "status": world.statuses,
            "issuetype": world.types,
            "priority": world.priorities,
            "resolution": world.resolutions,
        }
        if name not in named:
            return None
        known = {
            str(getattr(each, part, "")).casefold()
            for each in named[name]
            for part in ("id", "name", "key")
        }
        return known | {"unresolved"} if name == "resolution" else known

    def _name(self, written: str) -> str:
        """Return the id of a field that a query names, or one of our own names for it."""
        lower = written.casefold()
        name = _ALIASES.get(lower, lower)
        if name in ("key", "statuscategory", "text", "project", "comment"):
            return name
        found = self._custom(written) or next(
            (
                field.id
                for field in self._lens.world.fields
                if field.id.casefold() == name.casefold()
            ),
            None,
        )
        if found is None:
            text = f"Field '{written}' does not exist or you do not have permission to view it."
            raise Problem(400, text)
        return found

    def _custom(self, written: str) -> str | None:
        numbered = re.fullmatch(r"cf\[(\d+)\]", written)
        if numbered:
            identifier = f"customfield_{numbered[1]}"
            return identifier if self._lens.world.has_field(identifier) else None
        wanted = written.casefold()
        for field in self._lens.world.fields:
            if field.custom and wanted == field.name.casefold() and wanted != "environment":
                return field.id
        return None

    # -- finding -----------------------------------------------------------------------------

    def find(self, issues: Sequence[Issue]) -> list[Issue]:
        """Return those of *issues* that the query asks for, in its order; newest first else."""
        found = [issue for issue in issues if self._is(self._query.tree, issue)]
        order = self._query.order or (Order("created", descending=True),)
        found.sort(key=lambda issue: issue.id, reverse=order[0].descending)
        for each in reversed(order):
            name = self._name(each.field)
            found.sort(key=lambda issue, n=name: self._rank(issue, n), reverse=each.descending)  # type: ignore[misc] # mypy cannot type a lambda's default
        return found

    def _rank(self, issue: Issue, name: str) -> tuple[str, int]:
        if name == "key":
            return issue.project, int(issue.key.rpartition("-")[2])
        if name in ("created", "updated"):
            return str(getattr(issue, name)), 0
        return " ".join(sorted(self._values(issue, name))), 0

    def _is(self, tree: Tree | None, issue: Issue) -> bool:
        match tree:
            case Both(parts):
                return all(self._is(part, issue) for part in parts)
            case Either(parts):
                return any(self._is(part, issue) for part in parts)
            case Not(part):
                return not self._is(part, issue)
            case Clause():
                return self._holds(tree, issue)
            case _:
                return True

    def _holds(self, clause: Clause, issue: Issue) -> bool:
        name = self._name(clause.field)
        if clause.operator in ("~", "!~"):
            return self._contains(issue, name, clause.values[0]) == (clause.operator == "~")
        if name in _INSTANTS and clause.operator in _COMPARE:
            return self._compared(issue, name, clause)
        values = self._values(issue, name)
        if clause.operator in ("is", "is not"):
            return bool(values) == (clause.operator == "is not")
        if clause.operator in ("<", "<=", ">", ">="):
            return self._ordered(issue, name, clause)
        wanted = {self._meant(value) for value in clause.values}
        if name == "resolution" and "unresolved" in wanted:
            values = values or {"unresolved"}
        equal = bool(values & wanted)
        return equal if clause.operator in ("=", "in") else bool(values) and not equal

    def _meant(self, value: str) -> str:
        if value.casefold() == "currentuser()" and self._lens.user is not None:
            return self._lens.user.name.casefold()
        return value.casefold()

    def _ordered(self, issue: Issue, name: str, clause: Clause) -> bool:
        if name == "key":
            project, _, number = clause.values[0].upper().rpartition("-")
            same = project == issue.project and number.isdecimal()
            mine = issue.key.rpartition("-")[2]
            return same and _COMPARE[clause.operator](f"{mine:0>12}", f"{number:0>12}")
        stored = issue.fields.get(name)
        try:
            wanted = float(clause.values[0])
        except ValueError:
            return False
        if not isinstance(stored, int | float):
            return False
        difference = (stored > wanted) - (stored < wanted)
        return _COMPARE[clause.operator](difference + 1, 1)

    def _compared(self, issue: Issue, name: str, clause: Clause) -> bool:
        at = issue.resolved if name == "resolutiondate" else getattr(issue, name, None)
        if name == "duedate":
            day = issue.text("duedate")
            at = f"{day}T00:00:00.000+0000" if day else None
        wanted = self._instant(clause.values[0], clause.field)
        return at is not None and _COMPARE[clause.operator](at, wanted)

    def _instant(self, written: str, field: str) -> str:
        """Return an instant that a query names: ``-1d``, ``now()``, a day, a day and a time."""
        if written.lower() == "now()":
            return instant_text(self._now)
        relative = re.fullmatch(r"([+-]?\d{1,6})([wdhm])", written)
        if relative:
            shift = int(relative[1]) * _UNITS[relative[2]]
            return instant_text(self._now + shift)
        for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d"):
            try:
                found = datetime.strptime(f"{written.replace('/', '-')} +0000", f"{form} %z")
                return instant_text(found)
            except ValueError:
                continue
        raise Problem(
            400,
            f"Date value '{written}' for field '{field}' is invalid. Valid formats include: "
            "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period "
            "format e.g. '-5d', '4w 2d'.",
        )

    def _contains(self, issue: Issue, name: str, wanted: str) -> bool:
        names = [name] if name != "text" else sorted(_TEXTS - {"text"})
        texts = [plain_text(issue.fields.get(each)) for each in names]
        if "comment" in names:
            texts += [plain_text(comment.body) for comment in issue.comments]
        there = re.findall(r"\w+", " ".join(texts).casefold())
        for word in re.findall(r"[\w*]+", wanted.casefold()):
            start = word.rstrip("*")
            if not any(
                each == word or (start != word and each.startswith(start)) for each in there
            ):
                return False
        return True

    def _values(self, issue: Issue, name: str) -> set[str]:
        """Return what an issue's field equals, in lower case: ids, names, keys."""
        own = self._own_values(issue).get(name)
        if own is None:
            return self._stored_values(issue, self._lens.world.field(name))
        return {text.casefold() for text in own if text}

    def _own_values(self, issue: Issue) -> Mapping[str, Sequence[str | None]]:
        world, project = self._lens.world, project_of(self._lens, issue)
        status, kind = world.status(issue.status), world.type(issue.type)
        return {
            "key": (issue.key, str(issue.id)),
            "project": (project.id, project.key, project.name),
            "status": (status.id, status.name),
            "statuscategory": (status.category, _CATEGORIES[status.category]),
            "issuetype": (kind.id, kind.name),
            "resolutiondate": (issue.resolved,),
            "creator": (issue.creator,),
        }

    def _stored_values(self, issue: Issue, field: FieldDefinition) -> set[str]:
        stored = issue.fields.get(field.id)
        if stored is None:
            return set()
        kind, slot = fields.kind_of(field), Slot(field, self._lens, project_of(self._lens, issue))
        one = kind.one if isinstance(kind, ManyOf) else kind
        parts: Sequence[Json] = items_of(stored) or () if one is not kind else (stored,)
        texts: set[str] = set()
        for part in parts:
            told = one.tell(part, slot)
            user = find(self._lens.world.users, part) if isinstance(part, str) else None
            known = (told.id, told.text, user.name if user else None)
            texts |= {text.casefold() for text in known if text}
        return texts
