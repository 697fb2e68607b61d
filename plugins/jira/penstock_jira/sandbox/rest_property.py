"""Entity properties of issues and comments, and links to things outside Jira."""

from collections.abc import Callable, Mapping

from werkzeug.wrappers import Response

from penstock.json_types import Json
from penstock_jira.sandbox import remark_view, remarks
from penstock_jira.sandbox.call import Call, Route, json_reply, no_content, parsed
from penstock_jira.sandbox.contents import Issue, RemoteLink
from penstock_jira.sandbox.kind import member
from penstock_jira.sandbox.problem import Problem

__all__ = ["ROUTES"]

_LONGEST_GLOBAL_ID = 255


def _of_issue(call: Call, owner: str) -> tuple[Issue, dict[str, Json], str]:
    issue = call.issue(owner)
    return issue, issue.properties, f"{call.lens.rest}/issue/{issue.id}/properties"


def _of_comment(call: Call, owner: str) -> tuple[Issue, dict[str, Json], str]:
    found = call.lens.contents.holder(owner)
    if found is None:
        raise Problem(404, f"Can not find a comment for the id: {owner}.")
    issue, comment = found
    return issue, comment.properties, f"{call.lens.rest}/comment/{comment.id}/properties"


_Owner = Callable[[Call, str], tuple[Issue, dict[str, Json], str]]


def property_routes(path: str, find: _Owner) -> tuple[Route, ...]:
    """Return the resources of the properties below *path*."""

    def listed(call: Call, owner: str) -> Response:
        _, properties, address = find(call, owner)
        keys: list[Json] = [{"self": f"{address}/{key}", "key": key} for key in properties]
        return json_reply({"keys": keys})

    def shown(call: Call, owner: str, key: str) -> Response:
        _, properties, _ = find(call, owner)
        return json_reply({"key": key, "value": _existing(properties, key)})

    def put(call: Call, owner: str, key: str) -> Response:
        issue, properties, _ = find(call, owner)
        try:
            value = parsed(call.raw)
        except (ValueError, RecursionError):
            raise Problem(400, "The property value is not valid JSON.") from None
        remarks.check_property(key, value)
        status = 200 if key in properties else 201
        properties[key] = value
        call.desk.touch(issue)
        return Response(b"", status)

    def delete(call: Call, owner: str, key: str) -> Response:
        issue, properties, _ = find(call, owner)
        _existing(properties, key)
        del properties[key]
        call.desk.touch(issue)
        return no_content()

    one = f"{path}/<key>"
    return (
        Route("GET", path, listed),
        Route("GET", one, shown),
        Route("PUT", one, put, writes=True),
        Route("DELETE", one, delete, writes=True),
    )


def _existing(properties: Mapping[str, Json], key: str) -> Json:
    if key not in properties:
        raise Problem(404, f"The property '{key}' does not exist.")
    return properties[key]


def remote_links(call: Call, issue: str) -> Response:
    """List an issue's remote links, or show the one with a global id."""
    found = call.issue(issue)
    wanted = call.text("globalId")
    if wanted is not None:
        link = _with_global_id(found, wanted)
        if link is None:
            raise Problem(404, f"No remote link with the global id '{wanted}' exists.")
        return json_reply(remark_view.show_remote_link(call.lens, found, link))
    shown = [remark_view.show_remote_link(call.lens, found, each) for each in found.remote_links]
    return json_reply(shown)


def _with_global_id(issue: Issue, wanted: str) -> RemoteLink | None:
    return next((each for each in issue.remote_links if each.global_id == wanted), None)


def _target(body: Mapping[str, Json]) -> Mapping[str, Json]:
    shown = body.get("object")
    target = shown if isinstance(shown, Mapping) else {}
    errors = {name: f"'{name}' is required." for name in ("title", "url") if not target.get(name)}
    if errors:
        raise Problem(400, errors=errors)
    kept = ("application", "relationship")
    return {**{name: body[name] for name in kept if body.get(name) is not None}, "object": shown}


def put_remote_link(call: Call, issue: str) -> Response:
    """Link to something outside Jira; the same global id changes the link that there is."""
    found, body = call.issue(issue), call.body
    named = member(body, "globalId")
    global_id = named[1] if named else None
    if global_id is not None and len(global_id) > _LONGEST_GLOBAL_ID:
        text = f"'globalId' must be at most {_LONGEST_GLOBAL_ID} characters."
        raise Problem(400, errors={"globalId": text})
    target = _target(body)
    link = _with_global_id(found, global_id) if global_id is not None else None
    status = 201 if link is None else 200
    if link is None:
        link = RemoteLink(call.lens.contents.next_id("remote link"), global_id, target)
        found.remote_links.append(link)
    link.target = target
    call.desk.touch(found)
    address = f"{call.lens.rest}/issue/{found.key}/remotelink/{link.id}"
    return json_reply({"id": link.id, "self": address}, status)


def _remote_link(issue: Issue, identifier: str) -> RemoteLink:
    for link in issue.remote_links:
        if str(link.id) == identifier:
            return link
    raise Problem(404, f"No remote link with the id '{identifier}' exists.")


def remote_link(call: Call, issue: str, identifier: str) -> Response:
    """Show a remote link."""
    found = call.issue(issue)
    shown = _remote_link(found, identifier)
    return json_reply(remark_view.show_remote_link(call.lens, found, shown))


def change_remote_link(call: Call, issue: str, identifier: str) -> Response:
    """Change a remote link: what is left out becomes empty."""
    found = call.issue(issue)
    link = _remote_link(found, identifier)
    link.target = _target(call.body)
    call.desk.touch(found)
    return no_content()


def delete_remote_link(call: Call, issue: str, identifier: str) -> Response:
    """Take a remote link away."""
    found = call.issue(issue)
    found.remote_links.remove(_remote_link(found, identifier))
    call.desk.touch(found)
    return no_content()


_LINKS = "/issue/<issue>/remotelink"
_LINK = f"{_LINKS}/<identifier>"

ROUTES: tuple[Route, ...] = (
    *property_routes("/issue/<owner>/properties", _of_issue),
    *property_routes("/comment/<owner>/properties", _of_comment),
    Route("GET", _LINKS, remote_links),
    Route("POST", _LINKS, put_remote_link, writes=True),
    Route("GET", _LINK, remote_link),
    Route("PUT", _LINK, change_remote_link, writes=True),
    Route("DELETE", _LINK, delete_remote_link, writes=True),
)
