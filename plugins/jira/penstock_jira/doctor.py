"""``penstock connector test`` for Jira: which piece works, which does not, and what to do.

Each piece is a ``Check``: fine, wrong, or (``None``) something to know about. The pieces stand in
the order in which they need each other, and what is wrong ends the examination.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urlsplit

from penstock.connector import Check
from penstock.errors import ConnectorError, StepFailed
from penstock.json_types import Json
from penstock.nearest import suggestion
from penstock_jira.answer import as_list, as_mapping, members, text
from penstock_jira.errors import CaptchaWanted, NotFound, SignInRefused, printable
from penstock_jira.names import folded
from penstock_jira.reach import Network, reach

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient
    from penstock_jira.connector import JiraConnector

__all__ = ["examine"]

_GATEWAY = "api.atlassian.com"
#: Seconds between two clocks that are worth a word.
_SKEW = 60.0
#: What pipelines do in a project, by Jira's name of the permission, and what needs it.
_PERMISSIONS = {
    "BROWSE_PROJECTS": ("Browse Projects", "every step"),
    "CREATE_ISSUES": ("Create Issues", "JiraCreate"),
    "EDIT_ISSUES": ("Edit Issues", "fields of JiraUpdate"),
    "TRANSITION_ISSUES": ("Transition Issues", "transitionTo of JiraUpdate"),
    "ADD_COMMENTS": ("Add Comments", "comments"),
}
_RATES = ("ratelimit", "x-ratelimit", "beta-ratelimit", "retry-after")
Piece: TypeAlias = Callable[["_Patient"], Check]


class _Patient:
    """The connector under examination, and what the pieces before have found."""

    def __init__(
        self, connector: "JiraConnector", client: "JiraClient", project: str | None
    ) -> None:
        self.url, self.client = connector.jira_url, client
        self.stranger = connector.client(patient=False, anonymous=True)
        self.bearer = connector.credential.header().startswith("Bearer ")
        #: The project to look at: the one that was asked for, or the first that is visible.
        self.project = project or ""

    @property
    def by_gateway(self) -> bool:
        return urlsplit(self.url).hostname == _GATEWAY


def examine(
    connector: "JiraConnector", project: str | None = None, network: Network | None = None
) -> Iterator[Check]:
    """Yield one check for each piece, from the secrets to the rate limits.

    A check that fails is the last one: those after it could only fail for the same reason.
    *project* is the key of the one whose permissions are looked at (default: the first that is
    visible); *network* is asked for names and connections (default: the real one).
    """
    if connector.ignore_test_connection:
        yield Check("connection", None, "not tested: ignoreTestConnection is set")
        return
    try:
        client = connector.client(patient=False)
        client.account.forget()
        patient = _Patient(connector, client, project)
    except ConnectorError as error:
        yield Check("secrets", False, str(error), "store the secret, or mend its reference")
        return
    for check in reach(
        connector.jira_url,
        proxy=connector.proxy,
        ca_file=str(connector.ca_file) if connector.ca_file else None,
        network=network or Network.within(connector.timeout),
        now=connector.binding.clock.now(),
    ):
        yield check
        if check.ok is False:
            return
    for name, examined in _PIECES.items():
        check = _tried(name, examined, patient)
        yield check
        if check.ok is False:
            return


def _tried(name: str, examined: Piece, patient: _Patient) -> Check:
    try:
        return examined(patient)
    except NotFound as error:
        return Check(name, False, error.message, _not_here(patient))
    except CaptchaWanted as error:
        return Check(name, False, error.message, error.hint)
    except SignInRefused as error:
        return Check(name, False, error.message, _sign_in(patient, error.hint))
    except StepFailed as error:
        return Check(name, False, error.message, error.hint)


def _not_here(patient: _Patient) -> str:
    if patient.by_gateway:
        return "write jiraUrl: https://api.atlassian.com/ex/jira/CLOUD-ID, and check the id"
    return "jiraUrl is not the address of a Jira itself"


def _sign_in(patient: _Patient, hint: str) -> str:
    """Return what to do about a refused sign-in, by where it was and with what."""
    if patient.by_gateway:
        return (
            f"{hint}; the gateway takes API tokens with scopes only: with another token, write "
            "the site's own address as jiraUrl"
        )
    cloud_id = _cloud_id(patient.stranger)
    if cloud_id is None:
        return hint
    if patient.bearer:
        return "Jira Cloud has no personal access tokens: use UsernamePassword, with the e-mail"
    return (
        f"{hint}; the username is the e-mail; an API token with scopes needs "
        f"jiraUrl: https://{_GATEWAY}/ex/jira/{cloud_id}"
    )


def _cloud_id(client: "JiraClient") -> str | None:
    """Return the id of a Cloud site, which it tells everybody; ``None``: it is no such site."""
    what = "tell its cloud id"
    try:
        found = text(members(client.get("/_edge/tenant_info", what=what)).get("cloudId"))
    except StepFailed:
        return None
    return quote(found, safe="-") or None


def _server(patient: _Patient) -> Check:
    client = patient.client
    kind = text(client.server.get("deploymentType")) or "unknown"
    flavour = "Cloud" if client.cloud else "Data Center" if kind == "Server" else kind
    version = printable(text(client.server.get("version")) or "of an unknown version")
    gateway = ", through the gateway for tokens with scopes" if patient.by_gateway else ""
    return Check("server", True, f"Jira {printable(flavour)} {version}{gateway}")


def _user(patient: _Patient) -> Check:
    what = "say who we are"
    me = as_mapping(patient.client.get("/rest/api/2/myself", what=what), what)
    name = printable(text(me.get("displayName")))
    login = text(me.get("emailAddress")) or text(me.get("name")) or text(me.get("accountId"))
    return Check("user", True, f"signed in as {name or 'somebody'} ({printable(login)})")


def _projects(patient: _Patient) -> Check:
    what = "list its projects"
    listed = as_list(patient.client.get("/rest/api/2/project", what=what), what)
    count = len(listed)
    if count:
        keys = [text(members(project).get("key")) for project in listed]
        return _chosen(patient, keys, f"{count} project{'s' if count > 1 else ''} visible")
    advice = (
        "give the user Browse Projects in the projects that pipelines use; an empty list may "
        "also mean that Jira took us for an anonymous visitor"
    )
    return Check("projects", False, "Unable to fetch projects: none is visible", advice)


def _chosen(patient: _Patient, keys: list[str], found: str) -> Check:
    """Settle which project is looked at: a key is in capitals, however it was asked for."""
    wanted = patient.project or keys[0]
    match = next((key for key in keys if folded(key) == folded(wanted)), None)
    if match is None:
        advice = f"{suggestion(wanted, keys)}; or give the user Browse Projects there"
        return Check("projects", False, f"{found}, and {printable(wanted)} is none of them", advice)
    patient.project = match
    return Check("projects", True, found)


def _permissions(patient: _Patient) -> Check:
    key = patient.project
    what = f"list our permissions in {printable(key)}"
    asked = ",".join(_PERMISSIONS)
    answer = as_mapping(
        patient.client.get(
            "/rest/api/2/mypermissions", what=what, projectKey=key, permissions=asked
        ),
        what,
    )
    told = members(answer.get("permissions"))
    lacking = [name for name in _PERMISSIONS if not _has(told, name)]
    place = f"in {printable(key)}"
    if not lacking:
        names = ", ".join(words.lower() for words, _ in _PERMISSIONS.values())
        return Check("permissions", True, f"{place}: {names}")
    names = ", ".join(_PERMISSIONS[name][0] for name in lacking)
    needed = "; ".join(
        f"{_PERMISSIONS[name][0]} is for {_PERMISSIONS[name][1]}" for name in lacking
    )
    return Check(
        "permissions", None, f"{place} the user lacks {names}", f"{needed}: grant it there"
    )


def _has(told: Mapping[str, Json], name: str) -> bool:
    return members(told.get(name)).get("havePermission") is True


def _metadata(patient: _Patient) -> Check:
    key = patient.project
    what = f"list the issue types of {printable(key)}"
    path = f"/rest/api/2/issue/createmeta/{quote(key, safe='')}/issuetypes"
    found = patient.client.find(path, what=what)
    if found is None:
        found = patient.client.get("/rest/api/2/issue/createmeta", what=what, projectKeys=key)
        projects = as_list(as_mapping(found, what).get("projects"), what)
        found = projects[0] if projects else {}
    told = members(found)
    listed = next(
        (told[name] for name in ("values", "issueTypes", "issuetypes") if name in told), ()
    )
    count = len(as_list(listed, what))
    if count:
        what = f"{count} issue type{'s' if count > 1 else ''} can be created in {printable(key)}"
        return Check("metadata", True, what)
    advice = "JiraCreate needs Create Issues there, and an issue type in the project's scheme"
    return Check("metadata", None, f"no issue type can be created in {printable(key)}", advice)


def _clock(patient: _Patient) -> Check:
    skew = patient.client.skew
    if skew is None:
        return Check("clock", None, "Jira does not tell its time")
    if abs(skew) <= _SKEW:
        return Check("clock", True, "Jira's clock and ours agree within a minute")
    word = "ahead of" if skew > 0 else "behind"
    advice = "set this machine's clock (NTP): deadlines are counted by it"
    return Check("clock", None, f"Jira's clock is {abs(skew):.0f} s {word} ours", advice)


def _rates(patient: _Patient) -> Check:
    found = [
        f"{printable(name)} {printable(value)}"
        for name, value in sorted(patient.client.headers.items())
        if name.startswith(_RATES)
    ]
    return Check("rate limit", True, ", ".join(found) or "Jira tells of none")


_PIECES: Mapping[str, Piece] = {
    "server": _server,
    "user": _user,
    "projects": _projects,
    "permissions": _permissions,
    "metadata": _metadata,
    "clock": _clock,
    "rate limit": _rates,
}
