"""What the three steps of the benchmark are when written by hand on ``requests``.

The same calls as Penstock makes, in the same order, without a journal and without a check.
"""

import sys

import requests

jira = requests.Session()
jira.auth = ("release-bot", "sandbox-token")
url = sys.argv[1] + "/rest/api/2"


def call(method: str, path: str, body: object = None) -> dict[str, object]:
    """Send one request; any refusal ends the script."""
    answer = jira.request(method, url + path, json=body, timeout=30)
    answer.raise_for_status()
    return answer.json() if answer.content else {}


call("GET", "/issue/createmeta/REL/issuetypes")
call("GET", "/issue/createmeta/REL/issuetypes/10000")
call("GET", "/serverInfo")
search = {"jql": "project = REL ORDER BY key DESC", "maxResults": 1, "fields": ["summary"]}
jira.post(f"{sys.argv[1]}/rest/api/3/search/jql", json=search, timeout=30).raise_for_status()
fields = {"project": {"key": "REL"}, "issuetype": {"id": "10000"}, "summary": "Three steps"}
key = call("POST", "/issue", {"fields": fields})["key"]
call("GET", f"/issue/{key}?expand=names,schema")
call("GET", f"/issue/{key}?expand=names")
ways = call("GET", f"/issue/{key}/transitions?expand=transitions.fields")["transitions"]
call("GET", f"/issue/{key}/editmeta")
call("POST", f"/issue/{key}/comment", {"body": "Please approve"})
way = next(item["id"] for item in ways if item["to"]["name"] == "Pending Approval")
call("POST", f"/issue/{key}/transitions", {"transition": {"id": way}})
call("GET", f"/issue/{key}?expand=names,schema")
call("GET", "/field")
call("GET", "/serverInfo")
issue = call("GET", f"/issue/{key}?fields=status,project,issuetype&expand=changelog")
assert issue["fields"]["status"]["name"] == "Pending Approval"
