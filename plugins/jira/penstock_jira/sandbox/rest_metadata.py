"""Resources that say what a create or an edit needs: createmeta, old and new, and editmeta."""

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.issue_view import edit_metadata
from penstock_jira.sandbox.kind import items_of
from penstock_jira.sandbox.lens import CLOUD
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.screens import create_screen, screen_metadata
from penstock_jira.sandbox.world import IssueType, Project

__all__ = ["ROUTES"]

#: The most that one page of the new form holds.
_MOST = 200


def create_metadata(call: Call) -> Response:
    """Answer the old form, for several projects at once; Data Center has it no more."""
    keys, ids = call.words("projectKeys"), call.words("projectIds")
    everybody = call.lens.world.projects if call.lens.user else ()
    chosen = [
        each for each in everybody if (not keys and not ids) or each.key in keys or each.id in ids
    ]
    return json_reply({"expand": "projects", "projects": [_project(call, each) for each in chosen]})


def _project(call: Call, project: Project) -> Json:
    names, ids = call.request.args.getlist("issuetypeNames"), call.words("issuetypeIds")
    named = {name.strip() for text in names for name in (text, *text.split(","))} - {""}
    kinds = [
        each
        for each in project.types
        if (not named and not ids) or each.name in named or each.id in ids
    ]
    expand = call.words("expand")
    with_fields = "projects.issuetypes.fields" in expand
    return {
        "expand": "issuetypes",
        "self": f"{call.lens.rest}/project/{project.id}",
        "id": project.id,
        "key": project.key,
        "name": project.name,
        "avatarUrls": portraits.avatar_urls(call.lens, "project", project.key),
        "issuetypes": [_type(call, project, each, with_fields=with_fields) for each in kinds],
    }


def _type(call: Call, project: Project, kind: IssueType, *, with_fields: bool) -> Json:
    shown = portraits.issue_type(call.lens, kind)
    if with_fields:
        screen = create_screen(call.lens, kind)
        shown["expand"] = "fields"
        shown["fields"] = screen_metadata(call.lens, project, screen, only=kind)
    return shown


def create_types(call: Call, project: str) -> Response:
    """List a project's issue types by pages: the new form."""
    found = call.project(project)
    return _page(call, "issueTypes", [portraits.issue_type(call.lens, t) for t in found.types])


def create_fields(call: Call, project: str, issue_type: str) -> Response:
    """List the fields of one issue type's create screen by pages: the new form."""
    found = call.project(project)
    kind = next((each for each in found.types if each.id == issue_type), None)
    if kind is None:
        raise Problem(404, f"The issue type with id '{issue_type}' does not exist in the project.")
    told = screen_metadata(call.lens, found, create_screen(call.lens, kind), only=kind)
    listed: list[Portrait] = [
        {**shown, "fieldId": identifier}
        for identifier, shown in told.items()
        if isinstance(shown, dict)
    ]
    return _page(call, "fields", listed)


def _page(call: Call, name: str, listed: list[Portrait]) -> Response:
    start, most = call.number("startAt", 0), call.number("maxResults", 50, _MOST)
    page: Portrait = {"maxResults": most, "startAt": start, "total": len(listed)}
    values: list[Json] = list(listed[start : start + most])
    if call.lens.cloud:
        return json_reply({**page, name: values})
    return json_reply({**page, "isLast": start + most >= len(listed), "values": values})


def edit_fields(call: Call, issue: str) -> Response:
    """Show the fields of an issue's edit screen."""
    return json_reply(edit_metadata(call.lens, call.issue(issue)))


def suggest_labels(call: Call) -> Response:
    """Complete a label that is being typed."""
    typed = call.text("query") or ""
    used = {
        str(label)
        for issue in call.lens.contents
        for label in items_of(issue.fields.get("labels")) or ()
        if str(label).startswith(typed)
    }
    suggestions: list[Json] = [{"label": label, "html": ""} for label in sorted(used)]
    return json_reply({"token": typed, "suggestions": suggestions})


_TYPES = "/issue/createmeta/<project>/issuetypes"

ROUTES: tuple[Route, ...] = (
    Route("GET", "/issue/createmeta", create_metadata, Access.OPEN, flavour=CLOUD),
    Route("GET", _TYPES, create_types, Access.OPEN),
    Route("GET", f"{_TYPES}/<issue_type>", create_fields, Access.OPEN),
    Route("GET", "/issue/<issue>/editmeta", edit_fields),
    Route("GET", "/rest/api/1.0/labels/suggest", suggest_labels, Access.SIGNED_IN, rooted=True),
)
