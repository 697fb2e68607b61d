"""The connector of type ``Jira``: where a Jira is and who we are there (Harness's keys)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias
from urllib.parse import quote, urlsplit

from pydantic import Field, PrivateAttr, model_validator

from penstock.connector import Check, Connector, SecretReference
from penstock.duration import Duration
from penstock.errors import ConnectorError
from penstock.sandbox import Sandbox
from penstock.secret import Secret
from penstock.watch import Look, Watch
from penstock_jira.auth import Auth, Credential, Password
from penstock_jira.headers import Headers
from penstock_jira.way import (
    JiraAddress,
    ProxyAddress,
    Timeout,
    check_certificates,
    jira_address,
)

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["JiraConnector"]

#: Seconds for a client that serves no step.
_SHORT = 60.0
#: Seconds: more than Jira's longest create and the lag of its search index together.
_SETTLE = 120.0


@cache
def _user_agent() -> str:
    """Return a name that is no browser's: Jira's XSRF check wants a token of those."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"penstock/{version('penstock')}"
    except PackageNotFoundError:  # run from a checkout
        return "penstock"


#: Named outside the class, in which ``type`` is the connector's.
SandboxType: TypeAlias = type[Sandbox]


class JiraConnector(Connector):
    """A Jira Cloud site or a Jira Data Center, and the user that pipelines act as."""

    type: ClassVar[str] = "Jira"
    test_subject: ClassVar[str | None] = "the key of a project"

    jira_url: JiraAddress = Field(
        description="Address of Jira, such as https://example.atlassian.net."
    )
    auth: Auth | None = Field(None, description="How to sign in.")
    username: str | None = Field(None, description="Old form of auth.", deprecated=False)
    username_ref: SecretReference | None = Field(None, description="Old form of auth.")
    password_ref: SecretReference | None = Field(None, description="Old form of auth.")
    delegate_selectors: tuple[str, ...] = Field(
        (), description="Harness's; nothing runs elsewhere."
    )
    ignore_test_connection: bool = Field(False, description="Leave the connection test out.")
    ca_file: Path | None = Field(None, description="Certificates to trust, in PEM (not Harness's).")
    proxy: ProxyAddress | None = Field(
        None, description="Address of an HTTP proxy (not Harness's); the environment is not asked."
    )
    headers: Headers = Field(
        (), description="Sent with every request, for a gateway (not Harness's)."
    )
    timeout: Timeout = Field(60.0, description="For one request with its answer (not Harness's).")
    settle_time: Duration = Field(
        _SETTLE,
        description="How long after a request what it made may be unfinished or out of sight "
        "(not Harness's).",
    )

    _given: Credential | None = PrivateAttr(default=None)

    @classmethod
    def sandbox(cls) -> SandboxType:
        """Return the sandbox Jira, whose web server is not loaded before it is needed."""
        from penstock_jira.sandbox import JiraSandbox

        return JiraSandbox

    @model_validator(mode="before")
    @classmethod
    def _url_is_there(cls, values: Any) -> Any:
        if isinstance(values, dict) and not {"jiraUrl", "jira_url"} & set(values):
            raise ValueError("Jira URL cannot be empty: write jiraUrl")
        return values

    @model_validator(mode="after")
    def _signs_in_somehow(self) -> Self:
        """Harness: the flat keys of before 2023 count where ``auth`` is missing."""
        if self.auth is None:
            self._flat()
        if len(set(self.delegate_selectors)) < len(self.delegate_selectors):
            raise ValueError("delegateSelectors names one selector twice")
        return self

    def _flat(self) -> Password:
        if not self.password_ref:
            raise ValueError("auth is missing: write auth with its type and spec")
        return Password(
            username=self.username, username_ref=self.username_ref, password_ref=self.password_ref
        )

    @classmethod
    def at(cls, url: str, username: str | None, token: str) -> Self:
        """Return a connector for *url* with these credentials; no secret is asked for."""
        auth = {"type": "PersonalAccessToken", "spec": {"patRef": "unused"}}
        return cls.model_validate({"jiraUrl": url, "auth": auth}).pointed_at(url, username, token)

    def pointed_at(self, url: str, username: str | None, token: str) -> Self:
        """Return a copy at another address with a given credential.

        The way to the old one is left out (``proxy``, ``caFile``), and so are headers that hold a
        secret: it belongs to the old one. Without a *username* the token is sent as Bearer.
        """
        try:
            address = jira_address(url)
        except ValueError as error:
            raise ConnectorError(str(error)) from None
        plain = tuple(header for header in self.headers if header.value_ref is None)
        there = {"jira_url": address, "headers": plain, "proxy": None, "ca_file": None}
        copy = self.model_copy(update=there)
        copy._given = Credential(username, Secret(token, "given"))  # noqa: SLF001 - of this class
        return copy

    @property
    def credential(self) -> Credential:
        """Who we are, the secrets read afresh; raises ``ConnectorError`` for a missing one."""
        if self._given is not None:
            return self._given
        settings = self.auth.spec if self.auth is not None else self._flat()
        return settings.credential(self.binding.secret)

    def require_secrets(self) -> None:
        """Read every secret once; raise ``ConnectorError`` for one that is missing or unusable."""
        self.credential.header()
        self._extra_headers()

    def _extra_headers(self) -> dict[str, str]:
        return {header.name: header.sent(self.binding.secret) for header in self.headers}

    def browse(self, key: str) -> str | None:
        """Return where a person sees an issue; ``None`` where only Jira itself can tell."""
        if urlsplit(self.jira_url).hostname == "api.atlassian.com":
            return None
        return f"{self.jira_url}/browse/{quote(key, safe='')}"

    def client(
        self,
        deadline: datetime | None = None,
        *,
        patient: bool = True,
        anonymous: bool = False,
        note: Callable[[str], None] = lambda _: None,
    ) -> "JiraClient":
        """Return a client that gives up at *deadline* (default: in a minute).

        One that is not *patient* asks once and does not wait for a better moment. An *anonymous*
        one does not sign in, to ask for what Jira tells everybody. *note* is told of waits.
        """
        from penstock_jira.account import ACCOUNTS, fingerprint
        from penstock_jira.client import JiraClient
        from penstock_jira.pace import Pace
        from penstock_jira.transport import Route, Transport

        clock = self.binding.clock
        if self.ca_file is not None:
            check_certificates(self.ca_file, self.binding.reference)
        headers = {
            **self._extra_headers(),
            "Accept": "application/json",
            "Accept-Language": "en",
            "User-Agent": _user_agent(),
            "X-Atlassian-Token": "no-check",
        }
        user, mark = "", None
        if not anonymous:
            credential = self.credential
            headers["Authorization"] = credential.header()
            user, mark = credential.user, fingerprint(headers["Authorization"])
        pace = Pace(
            ACCOUNTS.get(self.jira_url, user),
            clock,
            deadline or clock.now() + timedelta(seconds=_SHORT),
            fingerprint=mark,
            patient=patient,
            note=note,
        )
        route = Route(str(self.ca_file) if self.ca_file else None, self.proxy)
        return JiraClient(
            self.jira_url,
            Transport(headers, clock, route),
            pace,
            timeout=self.timeout,
        )

    def sign_in(self) -> str:
        """Return who we are and where, such as ``Release Bot at https://… (Jira Cloud)``."""
        from penstock_jira.inspection.sign_in import sign_in

        return sign_in(self)

    def look(self, watches: Sequence[Watch]) -> Sequence[Look]:
        """Look at the issues of gates: one question per 100 on Cloud, one per issue elsewhere."""
        from penstock_jira.observe import look

        return look(self, watches)

    def test(self, subject: str | None = None) -> Iterator[Check]:
        """Try each piece, from the host name to the rate limits, with advice where it fails.

        Permissions and metadata are those of the project *subject*, or of the first that is seen.
        """
        from penstock_jira.doctor import examine

        return examine(self, subject)
