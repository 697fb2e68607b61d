"""How Jira shows the things of the world as JSON: users, statuses, types, projects, options."""

from urllib.parse import quote

from penstock.json_types import Json
from penstock_jira.sandbox.field import Option
from penstock_jira.sandbox.lens import Lens
from penstock_jira.sandbox.world import (
    Group,
    IssueType,
    LinkType,
    NamedThing,
    Project,
    Status,
    User,
)

__all__ = [
    "Portrait",
    "avatar_urls",
    "component",
    "group",
    "issue_type",
    "link_type",
    "option",
    "person",
    "priority",
    "project",
    "project_in_full",
    "resolution",
    "security_level",
    "status",
    "version",
]

#: A JSON object that is still being put together.
Portrait = dict[str, Json]

#: Category to id, colour and name.
_CATEGORIES = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}


def avatar_urls(lens: Lens, sort: str, name: str) -> Json:
    """Return the addresses of an avatar in Jira's four sizes."""
    address = f"{lens.site}/sandbox/avatar/{sort}/{quote(name, safe='')}.svg"
    return {f"{size}x{size}": f"{address}?size={size}" for size in (16, 24, 32, 48)}


def person(lens: Lens, name: Json) -> Json:
    """Return the user with this name, or ``None`` for nobody."""
    user = lens.world.user(name if isinstance(name, str) else None)
    if user is None:
        return None
    shown: Portrait = {"self": _user_address(lens, user)}
    if lens.cloud:
        shown |= {"accountId": user.account_id, "accountType": "atlassian"}
    else:
        shown |= {"name": user.name, "key": user.key}
    return {
        **shown,
        "emailAddress": user.email,
        "avatarUrls": avatar_urls(lens, "user", user.name),
        "displayName": user.display,
        "active": True,
        "timeZone": "Etc/UTC",
    }


def _user_address(lens: Lens, user: User) -> str:
    if lens.cloud:
        return f"{lens.rest}/user?accountId={quote(user.account_id, safe='')}"
    return f"{lens.rest}/user?username={quote(user.name, safe='')}"


def group(lens: Lens, shown: Group) -> Json:
    """Return a group; its id is told on Cloud only."""
    address = f"{lens.rest}/group?groupname={quote(shown.name, safe='')}"
    known: Portrait = {"name": shown.name, "self": address}
    return {**known, "groupId": shown.id} if lens.cloud else known


def status(lens: Lens, shown: Status) -> Json:
    """Return a status with its category."""
    return {
        "self": f"{lens.rest}/status/{shown.id}",
        "description": "",
        "iconUrl": f"{lens.site}/sandbox/avatar/status/{shown.category}.svg",
        "name": shown.name,
        "id": shown.id,
        "statusCategory": category(lens, shown.category),
    }


def category(lens: Lens, key: str) -> Json:
    """Return a status category."""
    number, colour, name = _CATEGORIES[key]
    return {
        "self": f"{lens.rest}/statuscategory/{number}",
        "id": number,
        "key": key,
        "colorName": colour,
        "name": name,
    }


def issue_type(lens: Lens, shown: IssueType) -> Portrait:
    """Return an issue type."""
    known: Portrait = {
        "self": f"{lens.rest}/issuetype/{shown.id}",
        "id": shown.id,
        "description": shown.description,
        "iconUrl": f"{lens.site}/sandbox/avatar/type/{quote(shown.name, safe='')}.svg",
        "name": shown.name,
        "subtask": shown.subtask,
    }
    return {**known, "hierarchyLevel": shown.level} if lens.cloud else known


def priority(lens: Lens, shown: NamedThing) -> Json:
    """Return a priority."""
    return {
        "self": f"{lens.rest}/priority/{shown.id}",
        "iconUrl": f"{lens.site}/sandbox/avatar/priority/{quote(shown.name, safe='')}.svg",
        "name": shown.name,
        "id": shown.id,
    }


def resolution(lens: Lens, shown: NamedThing) -> Json:
    """Return a resolution."""
    return {
        "self": f"{lens.rest}/resolution/{shown.id}",
        "id": shown.id,
        "description": shown.description,
        "name": shown.name,
    }


def security_level(lens: Lens, shown: NamedThing) -> Json:
    """Return a security level."""
    return {
        "self": f"{lens.rest}/securitylevel/{shown.id}",
        "id": shown.id,
        "description": shown.description,
        "name": shown.name,
    }


def component(lens: Lens, shown: NamedThing) -> Json:
    """Return a component."""
    address = f"{lens.rest}/component/{shown.id}"
    return {"self": address, "id": shown.id, "name": shown.name}


def version(lens: Lens, shown: NamedThing) -> Json:
    """Return a version."""
    return {
        "self": f"{lens.rest}/version/{shown.id}",
        "id": shown.id,
        "name": shown.name,
        "archived": False,
        "released": False,
    }


def option(lens: Lens, shown: Option) -> Portrait:
    """Return an option of a select field, without its children."""
    address = f"{lens.rest}/customFieldOption/{shown.id}"
    return {"self": address, "value": shown.value, "id": shown.id}


def link_type(lens: Lens, shown: LinkType) -> Json:
    """Return a type of issue links."""
    return {
        "id": shown.id,
        "name": shown.name,
        "inward": shown.inward,
        "outward": shown.outward,
        "self": f"{lens.rest}/issueLinkType/{shown.id}",
    }


def project(lens: Lens, shown: Project) -> Portrait:
    """Return a project as issues and lists show it."""
    known: Portrait = {
        "self": f"{lens.rest}/project/{shown.id}",
        "id": shown.id,
        "key": shown.key,
        "name": shown.name,
        "projectTypeKey": "software",
        "avatarUrls": avatar_urls(lens, "project", shown.key),
    }
    return {**known, "simplified": False} if lens.cloud else known


def project_in_full(lens: Lens, shown: Project) -> Json:
    """Return a project as the resource of one project shows it."""
    assignee = "UNASSIGNED" if lens.cloud else "PROJECT_LEAD"
    return {
        **project(lens, shown),
        "description": "",
        "lead": person(lens, shown.lead),
        "components": [component(lens, each) for each in shown.components],
        "issueTypes": [issue_type(lens, each) for each in shown.types],
        "assigneeType": assignee,
        "versions": [version(lens, each) for each in shown.versions],
        "roles": {},
    }
