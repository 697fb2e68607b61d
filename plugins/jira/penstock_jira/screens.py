"""Asks Jira which fields a create, edit or transition screen has."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote

from penstock.errors import FailureType, StepFailed
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.apart import wrong_address
from penstock_jira.errors import (
    FieldsRefused,
    JiraRefused,
    JiraUnreachable,
    NotFound,
    NotJira,
)
from penstock_jira.metadata import FieldSet, field_of
from penstock_jira.names import unique
from penstock_jira.pages import pages

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["CreateScreen", "create_screen", "edit_screen", "edit_screen_of", "on_create_screen"]

T = TypeVar("T")
Note: TypeAlias = Callable[[str], None]

_PAGE = 200
#: What the create request says elsewhere than under ``fields`` of the step.
_OWN = {"project", "issuetype"}


class CreateScreen(FieldSet):
    """The fields for a new issue of one type in one project; ``issue_type`` is the type's id."""

    def __init__(self, fields: FieldSet, issue_type: str, age: float = 0.0) -> None:
        """Take the fields, the id of the issue type, and how many seconds old they are."""
        own = [field for field in fields.fields if field.id not in _OWN]
        super().__init__(own, fields.place, age)
        self.issue_type = issue_type


def create_screen(
    client: "JiraClient", project: str, issue_type: str, *, fresh: bool = False
) -> CreateScreen:
    """Return the create screen; raise ``StepFailed`` for a project or issue type Jira has not.

    Unless it is to be *fresh*, it may be ten minutes old; its ``age`` says so. Whoever refuses
    something by an old one looks at a fresh one first.
    """
    found = client.account.screens.get(
        (project, issue_type),
        lambda: _read(client, project, issue_type),
        client.seconds,
        fresh=fresh,
    )
    return CreateScreen(found.value, found.value.issue_type, found.age)


def on_create_screen(
    client: "JiraClient",
    project: str,
    issue_type: str,
    use: Callable[[CreateScreen, Note], T],
    note: Note,
) -> tuple[CreateScreen, T]:
    """Return the create screen and what *use* makes of it, each *note* told once.

    What does not fit an old screen is tried on a fresh one before it is refused: somebody may
    have put the field there, or the option, a minute ago.
    """
    told: set[str] = set()

    def once(text: str) -> None:
        if text not in told:
            told.add(text)
            note(text)

    screen = create_screen(client, project, issue_type)
    try:
        return screen, use(screen, once)
    except FieldsRefused as refused:
        if not screen.age:
            raise
        screen = _fresh(client, project, issue_type, refused, screen)
    return screen, use(screen, once)


def _fresh(
    client: "JiraClient", project: str, issue_type: str, refused: FieldsRefused, old: FieldSet
) -> CreateScreen:
    """Return a fresh screen; where Jira cannot be asked, refuse by the *old* one and say so."""
    try:
        return create_screen(client, project, issue_type, fresh=True)
    except (JiraUnreachable, NotJira) as failure:
        since = f"this is by {old.place} {old.as_of}; it could not be read again"
        raise FieldsRefused([*refused.faults, f"{since}: {failure.message}"]) from failure


def _read(client: "JiraClient", project: str, issue_type: str) -> CreateScreen:
    """Ask Jira for a create screen.

    Jira: Data Center 9 has only the new addresses, servers before 8.4 only the old one, and Cloud
    is about to lose the old one; a 404 on the new one leads to the old.
    """
    what = f"list the issue types of {project}"
    path = f"/rest/api/2/issue/createmeta/{quote(project, safe='')}/issuetypes"
    try:
        types = list(pages(client, path, what, "issueTypes", size=_PAGE))
    except NotFound:
        return _old_form(client, project, issue_type)
    except JiraRefused as refused:
        raise _about_project(client, project, refused) from refused
    chosen = _choose(types, project, issue_type)
    what = f"list the fields of {issue_type} in {project}"
    address = f"{path}/{quote(chosen, safe='')}"
    fields = [field_of("", item) for item in pages(client, address, what, "fields", size=_PAGE)]
    return CreateScreen(FieldSet(fields, _place(issue_type, project)), chosen)


def edit_screen(client: "JiraClient", key: str) -> FieldSet:
    """Return the fields that can be set on an issue in its present status."""
    what = f"list the editable fields of {key}"
    found = as_mapping(
        client.get(f"/rest/api/2/issue/{quote(key, safe='')}/editmeta", what=what), what
    )
    return edit_screen_of(found, key)


def edit_screen_of(described: Json, key: str) -> FieldSet:
    """Return the fields that Jira describes as ``editmeta`` of an issue."""
    return FieldSet.of(members(described).get("fields"), f"the edit screen of {key}")


def _place(issue_type: str, project: str) -> str:
    return f"the create screen of {issue_type} in {project}"


def _choose(types: list[Json], project: str, wanted: str) -> str:
    """Return the id of the issue type that *wanted* names."""
    found = unique(
        wanted,
        [members(item) for item in types],
        lambda t: (text(t.get("name")),),
        lambda t: (text(t.get("id")),),
    )
    if len(found) == 1:
        return text(found[0].get("id"))
    names = [text(members(item).get("name")) for item in types]
    raise StepFailed(
        f"Invalid issue type in project {project}: {wanted}",
        hint=suggestion(wanted, names),
        failure=FailureType.CONFIGURATION,
    )


def _old_form(client: "JiraClient", project: str, issue_type: str) -> CreateScreen:
    what = f"describe {issue_type} in {project}"
    try:
        found = as_mapping(
            client.get(
                "/rest/api/2/issue/createmeta",
                what=what,
                projectKeys=project,
                expand="projects.issuetypes.fields",
            ),
            what,
        )
    except JiraRefused as refused:
        raise _about_project(client, project, refused) from refused
    projects = [members(item) for item in as_list(found.get("projects"), what)]
    mine = [item for item in projects if text(item.get("key")) == project]
    if not mine:
        raise _no_project(client, project)
    types = list(as_list(mine[0].get("issuetypes"), what))
    chosen = _choose(types, project, issue_type)
    described = next(m for m in map(members, types) if text(m.get("id")) == chosen)
    place = _place(issue_type, project)
    return CreateScreen(FieldSet.of(described.get("fields"), place), chosen)


def _about_project(client: "JiraClient", project: str, refused: JiraRefused) -> StepFailed:
    """Return what a refusal of metadata means: that there is no such project, or what it says."""
    unknown = refused.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND}
    return _no_project(client, project) if unknown else refused


def _no_project(client: "JiraClient", project: str) -> StepFailed:
    what = "list its projects"
    try:
        listed = as_list(client.get("/rest/api/2/project", what=what), what)
    except NotFound as missing:
        if not missing.is_jiras:
            return wrong_address(client)
        listed = ()
    except StepFailed:  # the list was only wanted for the advice
        listed = ()
    keys = [text(members(item).get("key")) for item in listed]
    names = {text(members(item).get("name")): text(members(item).get("key")) for item in listed}
    hint = "the user must see the project and may create issues in it"
    if project in names:
        hint = f"projectKey is the key, not the name: write {names[project]}"
    elif keys:
        hint = suggestion(project, keys)
    return StepFailed(f"Invalid project: {project}", hint=hint, failure=FailureType.CONFIGURATION)
