"""Resources of users and groups."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import portraits
from penstock_jira.sandbox.call import Access, Call, Route, json_reply
from penstock_jira.sandbox.kinds_people import user_with
from penstock_jira.sandbox.lens import CLOUD
from penstock_jira.sandbox.portraits import Portrait
from penstock_jira.sandbox.problem import Problem
from penstock_jira.sandbox.world import Group, User, find

__all__ = ["ROUTES"]


def search(call: Call) -> Response:
    """Find users: by query or account id on Cloud, by username on Data Center."""
    if call.lens.user is None:
        return json_reply([])
    found = _on_cloud(call) if call.lens.cloud else _on_data_center(call)
    start, most = call.number("startAt", 0), call.number("maxResults", 50, 1000)
    return json_reply([portraits.person(call.lens, each.name) for each in found[start:][:most]])


def _on_cloud(call: Call) -> Sequence[User]:
    account, query = call.text("accountId"), call.text("query")
    if account is not None:
        user = user_with(call.lens, account)
        return [user] if user else []
    if query is None:
        raise Problem(400, "Specify the query or the accountId parameter.")
    return _like(call, query)


def _on_data_center(call: Call) -> Sequence[User]:
    username = call.text("username")
    if username is None:
        raise Problem(400, "The username query parameter was not provided")
    return _like(call, username)


def _like(call: Call, typed: str) -> Sequence[User]:
    """Return the users in whose name, display name or e-mail *typed* is found."""
    wanted = typed.strip().casefold()
    return [
        user
        for user in call.lens.world.users
        if any(wanted in text.casefold() for text in (user.name, user.display, user.email))
    ]


def assignable(call: Call) -> Response:
    """Find users who may be assigned: everybody."""
    typed = call.text("query") or call.text("username") or ""
    return json_reply([portraits.person(call.lens, each.name) for each in _like(call, typed)])


def one(call: Call) -> Response:
    """Show a user."""
    if call.lens.cloud:
        identity = call.text("accountId")
        user = user_with(call.lens, identity) if identity else None
        missing = "Specified user does not exist or you do not have required permissions"
    else:
        name, key = call.text("username"), call.text("key")
        users = call.lens.world.users
        user = next((each for each in users if each.name == name or each.key == key), None)
        missing = f"The user named '{name or key}' does not exist"
    if user is None:
        raise Problem(404, missing)
    shown = portraits.person(call.lens, user.name)
    if isinstance(shown, dict) and "groups" in ",".join(call.words("expand")):
        shown["groups"] = _groups_of(call, user)
    return json_reply(shown)


def _groups_of(call: Call, user: User) -> Json:
    names = [each.name for each in call.lens.world.groups if user.name in each.members]
    root = call.request.root_url
    items: list[Json] = [{"name": name, "self": f"{root}group?groupname={name}"} for name in names]
    return {"size": len(names), "items": items}


def bulk(call: Call) -> Response:
    """Show the users with these account ids."""
    asked = call.request.args.getlist("accountId")
    if not asked:
        raise Problem(400, "Specify at least one accountId.")
    return _page(call, [user for each in asked if (user := user_with(call.lens, each))], 10, 200)


def _group(call: Call) -> Group:
    by_id = call.text("groupId") if call.lens.cloud else None
    wanted = by_id or call.text("groupname")
    group = find(call.lens.world.groups, wanted)
    if group is None:
        raise Problem(404, f"The group named '{wanted}' does not exist")
    return group


def _members(call: Call, group: Group) -> Sequence[User]:
    return [user for name in group.members if (user := call.lens.world.user(name))]


def members(call: Call) -> Response:
    """List a group's members by pages."""
    return _page(call, _members(call, _group(call)), 50, 50)


def group(call: Call) -> Response:
    """Show a group, with its members where ``expand`` asks for them (the old resource)."""
    shown = _group(call)
    users = _members(call, shown)
    listed: Portrait = {"size": len(users), "max-results": 50, "start-index": 0}
    if "users" in ",".join(call.words("expand")):
        listed["items"] = [portraits.person(call.lens, user.name) for user in users]
        listed["end-index"] = len(users)
    known: Portrait = {"name": shown.name, "self": call.request.url, "users": listed}
    return json_reply({**known, "expand": "users"})


def _page(call: Call, users: Sequence[User], default: int, most: int) -> Response:
    start, size = call.number("startAt", 0), call.number("maxResults", default, most)
    shown: list[Json] = [portraits.person(call.lens, user.name) for user in users[start:][:size]]
    page: Portrait = {
        "self": call.request.url,
        "maxResults": size,
        "startAt": start,
        "total": len(users),
        "isLast": start + size >= len(users),
        "values": shown,
    }
    return json_reply(page)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/user", one, Access.SIGNED_IN),
    Route("GET", "/user/search", search, Access.OPEN),
    Route("GET", "/user/assignable/search", assignable, Access.SIGNED_IN),
    Route("GET", "/user/bulk", bulk, Access.SIGNED_IN, flavour=CLOUD),
    Route("GET", "/group", group, Access.SIGNED_IN),
    Route("GET", "/group/member", members, Access.SIGNED_IN),
)
