"""The sandbox judged by Atlassian's own OpenAPI documents, where those are at hand.

The documents are not part of the project. ``PENSTOCK_SPECS`` names their folder, or a folder
``shared/specs`` beside the checkout has them.
"""

import json
import os
from pathlib import Path

import pytest
import requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse

DOCUMENTS = {
    ("cloud", "3"): "jira-cloud-v3-2026-03.json",
    ("cloud", "2"): "jira-cloud-v2-2024-08.json",
    ("data-center", "2"): "jira-data-center-10.3.json",
}


def specs():
    beside = Path(__file__).resolve().parents[3].parent / "shared" / "specs"
    folder = Path(os.environ.get("PENSTOCK_SPECS", beside))
    if not folder.is_dir():
        pytest.skip("Atlassian's OpenAPI documents are not here: PENSTOCK_SPECS can name them")
    return folder


def mended(node, name=""):
    """Take out what the documents are known to get wrong, all through them.

    - ``+0000`` is no RFC 3339 offset, so that ``date-time`` would never fit.
    - A 204 has no body whatever they say, nor has the 201 of a link or a property.
    - The ids of a change are null where there are none: nearly always.
    - A change is dated by a number in Atlassian's own example of a bulk read.
    - Data Center's fields, and its properties, may be anything, not only objects and texts;
      a new remote link is a 201 there too.
    """
    if isinstance(node, list):
        return [mended(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: mended(value, key) for key, value in node.items()}
    if kept.get("format") in ("date-time", "json"):
        kept = {"description": "anything"} if kept["format"] == "json" else {"type": "string"}
    if {"fromString", "toString"} <= set(kept):
        kept |= {key: {**kept[key], "nullable": True} for key in kept if kept[key].get("type")}
    if {"created", "historyMetadata"} <= set(kept):
        kept["created"] = {"description": "a number, or a text"}
    if name == "fields" and isinstance(kept.get("additionalProperties"), dict):
        kept["additionalProperties"] = True
    return kept


EMPTY = {"description": "nothing"}


def load(flavour, api, site):
    text = (specs() / DOCUMENTS[flavour, api]).read_text(encoding="utf-8")
    document = mended(json.loads(text))
    document["servers"] = [{"url": site if flavour == "cloud" else f"{site}/rest"}]
    for path, resource in document["paths"].items():
        for operation in resource.values():
            answers = operation.get("responses", {}) if isinstance(operation, dict) else {}
            answers.update({status: EMPTY for status in ("204",) if status in answers})
            if path.endswith(("/issueLink", "/properties/{propertyKey}")) and "201" in answers:
                answers |= {"201": EMPTY}
            if path.endswith("/remotelink"):
                answers.setdefault("201", answers.get("200"))
    if flavour == "data-center":
        schemas = document["components"]["schemas"]
        schemas["EntityPropertyBean"]["properties"]["value"] = {}
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


SORTS = ("priority", "resolution", "status", "issuetype")


def scenario(client):
    """Use everything that a client of issues uses."""
    cloud, three = client.sandbox.site.flavour == "cloud", client.api == "3"

    def rich(text):
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
        return {"type": "doc", "version": 1, "content": [paragraph]} if three else text

    me = client("GET", "/myself").json()
    identity = {"accountId": me["accountId"]} if cloud else {"name": me["name"]}
    for path in (
        "serverInfo",
        "project",
        "project/REL",
        "field",
        "priority",
        "resolution",
        "status",
    ):
        client("GET", f"/{path}")
    client("GET", "/issue/createmeta/REL/issuetypes")
    client("GET", "/issue/createmeta/REL/issuetypes/10000?maxResults=50")
    fields = {
        "description": rich("what"),
        "environment": rich("where"),
        "customfield_10010": {"value": "Low"},
        "customfield_10017": {"value": "EU", "child": {"value": "Dublin"}},
        "customfield_10016": [identity],
        "labels": ["run-1"],
        "timetracking": {"originalEstimate": "1h"},
        "fixVersions": [{"name": "1.0"}],
    }
    key, other = client.create(**fields), client.create()
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": key}, "outwardIssue": {"key": other}}
    client("POST", "/issueLink", body)
    client("GET", "/issueLinkType")
    client("PUT", f"/issue/{key}", {"fields": {"summary": "Another"}})
    client("POST", f"/issue/{key}/comment", {"body": rich("Hello")})
    seen = {"type": "role", "value": "Administrators"}
    marked = [{"key": "penstock", "value": {"marker": "m"}}]
    hidden = {"body": rich("Hello"), "visibility": seen, "properties": marked}
    client("POST", f"/issue/{key}/comment", hidden)
    client("GET", f"/issue/{key}/comment")
    lists = {"labels": [{"add": "run-2"}, {"remove": "run-1"}]}
    emptied = {"customfield_10017": None, "environment": None}
    client("PUT", f"/issue/{key}", {"fields": emptied, "update": lists})
    client("GET", f"/issue/{key}/editmeta")
    client("GET", f"/issue/{key}/transitions?expand=transitions.fields")
    client("POST", f"/issue/{key}/transitions", {"transition": {"id": "11"}})
    client("PUT", f"/issue/{key}/properties/run", {"id": 1})
    client("GET", f"/issue/{key}/properties/run")
    client("GET", f"/issue/{key}/properties")
    target = {"title": "Run", "url": "https://ci.example.com"}
    client("POST", f"/issue/{key}/remotelink", {"globalId": "run=1", "object": target})
    client("POST", f"/issue/{key}/worklog", {"timeSpent": "5m", "comment": rich("work")})
    started = {"timeSpent": "5m", "started": "2026-03-10T10:00:00.000+0000"}
    client("POST", f"/issue/{key}/worklog", started)
    client("GET", f"/issue/{key}/worklog")
    client("POST", f"/issue/{key}/watchers", next(iter(identity.values())))
    client("GET", f"/issue/{key}?fields=issuelinks,attachment")
    client("GET", f"/issue/{key}/watchers")
    expand = "names,schema,changelog,transitions,editmeta"
    client("GET", f"/issue/{key}?expand={expand}&properties=run")
    client("GET", "/group/member?groupname=release-managers")
    client("GET", f"/user?{asked_by(identity)}&expand=groups")
    if cloud:
        on_cloud(client, key, me, three=three)
    else:
        client("POST", "/search", {"jql": "project = REL"})
        client("GET", "/user/search?username=cab")
        on_data_center(client)
    client("DELETE", f"/issue/{other}")


def asked_by(identity):
    """Return the query by which one asks for a user."""
    ((name, value),) = identity.items()
    return f"{'username' if name == 'name' else name}={value}"


def on_cloud(client, key, me, *, three):
    if three:
        jql = {"jql": "project = REL", "fields": ["*all"], "expand": "names,schema"}
        client("POST", "/search/jql", jql)
        client("GET", "/search/jql?jql=project=REL&maxResults=1")
        wanted = {"issueIdsOrKeys": [key, "REL-99"], "fields": ["summary"]}
        client("POST", "/issue/bulkfetch", wanted)
        changes = {"issueIdsOrKeys": [key, "REL-99"], "fieldIds": ["status"], "maxResults": 1}
        client("POST", "/changelog/bulkfetch", changes)
    old = "projectKeys=REL&issuetypeNames=Change&expand=projects.issuetypes.fields"
    client("GET", f"/issue/createmeta?{old}")
    client("GET", f"/issue/{key}/changelog")
    client("GET", "/project/search")
    client("GET", "/user/search?query=cab")
    client("GET", f"/user/bulk?accountId={me['accountId']}")
    client("GET", "/mypermissions?permissions=CREATE_ISSUES")
    client("GET", f"/issue/{key}/remotelink?globalId=run%3D1")


def on_data_center(client):
    """Ask for permissions, and for boards and sprints, which Cloud's documents do not have.

    Its document calls the sprints' ``state`` an object, so that no value of it can be judged.
    """
    client("GET", "/mypermissions")
    agile = f"{client.sandbox.url}/rest/agile/1.0"
    for path in (
        "/board?projectKeyOrId=REL&maxResults=50",
        "/board/1",
        "/board/1/sprint?maxResults=50",
        "/sprint/1",
    ):
        client("GET", f"{agile}{path}")


#: Data Center resources that give an array where its document describes one item.
LISTS = ("/project", "/field", "/priority", "/resolution", "/status", "/user/search")
#: Resources of Data Center whose pages the document describes as one of their items.
PAGES = ("/issuetypes", "/issuetypes/10000", "/member", "/worklog")


def judged(openapi, answer, flavour):
    """Return what the document has against one request and its answer."""
    path = answer.request.path_url.partition("?")[0]
    if flavour == "data-center" and path.endswith((*LISTS, *PAGES)):
        return []
    faults = []
    request, response = RequestsOpenAPIRequest(answer.request), RequestsOpenAPIResponse(answer)
    checks = [
        (openapi.iter_request_errors, (request,)),
        (openapi.iter_response_errors, (request, response)),
    ]
    for errors, given in checks:
        for error in errors(*given):
            causes = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
            faults += [f"{answer.request.method} {path}: {cause}"[:600] for cause in causes]
    return faults


@pytest.mark.parametrize(("flavour", "api"), DOCUMENTS)
def test_atlassians_own_documents_accept_the_sandbox(start, flavour, api):
    client = start(flavour).at(api)
    openapi = load(flavour, api, client.sandbox.url)
    answers: list[requests.Response] = []
    client.session.hooks["response"] = lambda answer, **_: answers.append(answer)
    scenario(client)
    assert [a for a in answers if a.status_code >= 400] == [], [a.text for a in answers if not a.ok]
    assert len(answers) > 30
    assert [fault for answer in answers for fault in judged(openapi, answer, flavour)] == []


@pytest.mark.parametrize(("flavour", "api"), DOCUMENTS)
def test_the_documents_notice_a_wrong_answer(start, flavour, api):
    client = start(flavour).at(api)
    openapi = load(flavour, api, client.sandbox.url)
    assert judged(openapi, client("GET", "/myself"), flavour) == []
    fault = {"kind": "status", "status": 200, "body": '{"displayName": 7}'}
    client.sandbox_call("POST", "/faults", {"fault": fault})
    assert judged(openapi, client("GET", "/myself"), flavour) != []
