"""Resources about the site: server, user signed in, permissions, and what the world has."""

from collections.abc import Callable, Iterable, Sequence

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import fields, portraits
from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.field import Option
from penstock_jira.sandbox.instant import instant_text
from penstock_jira.sandbox.lens import CLOUD, Lens
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.world import Project

__all__ = ["ROUTES"]

_CLOUD_VERSION = (1001, 0, 0)
_DATA_CENTER_VERSION = (10, 3, 0)

#: Key, name, and whether everybody who is signed in has it.
_PERMISSIONS: tuple[tuple[str, str, bool], ...] = (
    ("BROWSE_PROJECTS", "Browse Projects", True),
    ("CREATE_ISSUES", "Create Issues", True),
    ("EDIT_ISSUES", "Edit Issues", True),
    ("TRANSITION_ISSUES", "Transition Issues", True),
    ("RESOLVE_ISSUES", "Resolve Issues", True),
    ("CLOSE_ISSUES", "Close Issues", True),
    ("ASSIGN_ISSUES", "Assign Issues", True),
    ("ASSIGNABLE_USER", "Assignable User", True),
    ("MODIFY_REPORTER", "Modify Reporter", True),
    ("SCHEDULE_ISSUES", "Schedule Issues", True),
    ("ADD_COMMENTS", "Add Comments", True),
    ("EDIT_OWN_COMMENTS", "Edit Own Comments", True),
    ("EDIT_ALL_COMMENTS", "Edit All Comments", True),
    ("DELETE_ISSUES", "Delete Issues", True),
    ("LINK_ISSUES", "Link Issues", True),
    ("MANAGE_WATCHERS", "Manage Watchers", True),
    ("WORK_ON_ISSUES", "Work On Issues", True),
    ("CREATE_ATTACHMENTS", "Create Attachments", True),
    ("ADMINISTER_PROJECTS", "Administer Projects", False),
    ("ADMINISTER", "Administer Jira", False),
)


def server(call: Call) -> Response:
    """Say which Jira this is."""
    lens = call.lens
    numbers = _CLOUD_VERSION if lens.cloud else _DATA_CENTER_VERSION
    return json_reply(
        {
            "baseUrl": lens.site,
            "version": "1001.0.0-SNAPSHOT" if lens.cloud else "10.3.0",
            "versionNumbers": list(numbers),
            "deploymentType": "Cloud" if lens.cloud else "Server",
            "buildNumber": 100_290 if lens.cloud else 10_030_000,
            "buildDate": "2026-01-05T00:00:00.000+0000",
            "serverTime": instant_text(call.desk.clock.now()),
            "scmInfo": "penstock-sandbox",
            "serverTitle": "Penstock sandbox",
        }
    )


def tenant(_call: Call) -> Response:
    """Say which cloud id the site has."""
    return json_reply({"cloudId": "5b2a4f0e-8d5c-4c0b-9d57-000000000001"})


def myself(call: Call) -> Response:
    """Say who is signed in."""
    return json_reply(portraits.person(call.lens, call.lens.user.name if call.lens.user else None))


def permissions(call: Call) -> Response:
    """Say which permissions one has; Cloud wants to be asked for some."""
    _check_context(call)
    asked = call.words("permissions")
    known = {key for key, _, _ in _PERMISSIONS}
    unknown = [key for key in asked if key not in known]
    if call.lens.cloud and not asked:
        raise Problem(400, "The 'permissions' query parameter is required.")
    if unknown:
        raise Problem(400, f"Unrecognized permission: {', '.join(unknown)}")
    signed_in = call.lens.user is not None
    shown: Portrait = {
        key: {
            "id": str(number + 1),
            "key": key,
            "name": name,
            "type": "GLOBAL" if key == "ADMINISTER" else "PROJECT",
            "description": "",
            "havePermission": has and signed_in,
        }
        for number, (key, name, has) in enumerate(_PERMISSIONS)
        if not asked or key in asked
    }
    return json_reply({"permissions": shown})


def _check_context(call: Call) -> None:
    """Raise Jira's 404 for a project or an issue that is named and not there."""
    for name in ("projectKey", "projectId", "issueKey", "issueId"):
        named = call.text(name)
        if named is not None:
            _ = call.project(named) if name.startswith("project") else call.issue(named)


def _seen(call: Call) -> tuple[Project, ...]:
    return call.lens.world.projects if call.lens.user else ()


def projects(call: Call) -> Response:
    """List the projects; nobody in particular sees none."""
    expand = call.words("expand")
    tell: Callable[[Lens, Project], Json] = (
        portraits.project_in_full if "issueTypes" in expand else portraits.project
    )
    return json_reply([tell(call.lens, each) for each in _seen(call)])


def project_search(call: Call) -> Response:
    """List the projects by pages, narrowed by ``query`` and ``keys``."""
    query, keys = (call.text("query") or "").casefold(), call.words("keys")
    found = [
        each
        for each in _seen(call)
        if (not keys or each.key in keys) and query in f"{each.key} {each.name}".casefold()
    ]
    start, most = call.number("startAt", 0), call.number("maxResults", 50, 100)
    shown: list[Json] = [portraits.project(call.lens, each) for each in found[start : start + most]]
    page: Portrait = {
        "self": call.request.url,
        "maxResults": most,
        "startAt": start,
        "total": len(found),
        "isLast": start + most >= len(found),
        "values": shown,
    }
    return json_reply(page)


def project(call: Call, id_or_key: str) -> Response:
    """Show a project."""
    return json_reply(portraits.project_in_full(call.lens, call.project(id_or_key)))


def project_part(part: str) -> Callable[[Call, str], Response]:
    """Return what lists a project's components, versions or statuses."""

    def answer(call: Call, id_or_key: str) -> Response:
        lens, shown = call.lens, call.project(id_or_key)
        if part == "components":
            return json_reply([portraits.component(lens, each) for each in shown.components])
        if part == "versions":
            return json_reply([portraits.version(lens, each) for each in shown.versions])
        world = lens.world
        listed: list[Json] = [
            {
                **portraits.issue_type(lens, kind),
                "statuses": [
                    portraits.status(lens, world.status(each)) for each in kind.workflow.statuses
                ],
            }
            for kind in shown.types
        ]
        return json_reply(listed)

    return answer


def _options(options: Iterable[Option]) -> Iterable[Option]:
    for option in options:
        yield option
        yield from option.children


def custom_option(call: Call, identifier: str) -> Response:
    """Show an option of a custom field."""
    for field in call.lens.world.fields:
        for option in _options(field.options):
            if option.id == identifier:
                return json_reply(portraits.option(call.lens, option))
    raise Problem(404, f"A custom field option with id '{identifier}' does not exist")


def field_list(call: Call) -> Response:
    """List all fields."""
    key: Portrait = {"id": "issuekey", "key": "issuekey", "name": "Key", "custom": False}
    key |= {"orderable": False, "navigable": True, "searchable": False}
    listed: list[Json] = [{**key, "clauseNames": ["id", "issue", "issuekey", "key"]}]
    for field in call.lens.world.fields:
        names = [f"cf[{field.number}]", field.name] if field.custom else [field.id]
        shown: Portrait = {
            "id": field.id,
            "name": field.name,
            "custom": field.custom,
            "orderable": True,
            "navigable": True,
            "searchable": True,
            "clauseNames": list(names),
            "schema": fields.schema(field),
        }
        listed.append({**shown, "key": field.id} if call.lens.cloud else shown)
    return json_reply(listed)


def _all(call: Call, sort: str) -> Sequence[Json]:
    lens, world = call.lens, call.lens.world
    match sort:
        case "issuetype":
            return [portraits.issue_type(lens, each) for each in world.types]
        case "priority":
            return [portraits.priority(lens, each) for each in world.priorities]
        case "resolution":
            return [portraits.resolution(lens, each) for each in world.resolutions]
        case "status":
            return [portraits.status(lens, each) for each in world.statuses]
        case _:
            return [portraits.category(lens, each) for each in ("new", "indeterminate", "done")]


def every(sort: str) -> Callable[[Call], Response]:
    """Return what lists all issue types, priorities, resolutions, statuses or categories."""
    return lambda call: json_reply(_all(call, sort))


def single(sort: str) -> Callable[[Call, str], Response]:
    """Return what shows one of them, by its id, or a status by its name too."""

    def answer(call: Call, identifier: str) -> Response:
        for shown in _all(call, sort):
            if isinstance(shown, dict) and identifier in (str(shown["id"]), shown.get("name")):
                return json_reply(shown)
        raise Problem(404, f"The {sort} with id '{identifier}' does not exist")

    return answer


_LISTS = ("issuetype", "priority", "resolution", "status", "statuscategory")

ROUTES: tuple[Route, ...] = (
    Route("GET", "/serverInfo", server, Access.OPEN),
    Route("GET", "/_edge/tenant_info", tenant, Access.OPEN, flavour=CLOUD, rooted=True),
    Route("GET", "/myself", myself, Access.SIGNED_IN),
    Route("GET", "/mypermissions", permissions, Access.OPEN),
    Route("GET", "/project", projects, Access.OPEN),
    Route("GET", "/project/search", project_search, Access.OPEN, flavour=CLOUD),
    Route("GET", "/project/<id_or_key>", project, Access.OPEN),
    *(
        Route("GET", f"/project/<id_or_key>/{part}", project_part(part), Access.OPEN)
        for part in ("components", "versions", "statuses")
    ),
    Route("GET", "/field", field_list, Access.OPEN),
    Route("GET", "/customFieldOption/<identifier>", custom_option, Access.OPEN),
    *(Route("GET", f"/{sort}", every(sort), Access.OPEN) for sort in _LISTS),
    *(Route("GET", f"/{sort}/<identifier>", single(sort), Access.OPEN) for sort in _LISTS),
)
