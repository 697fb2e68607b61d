"""The connector of type ``Jira``: where a Jira is and who we are there (Harness's keys)."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeAlias
from urllib.parse import SplitResult, quote, urlsplit

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from penstock.connector import Check, Connector, SecretReference
from penstock.errors import ConnectorError
from penstock.sandbox import Sandbox
from penstock.secret import Secret
from penstock.watch import Look, Watch
from penstock_jira.auth import Auth, Credential, Password

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["JiraConnector"]

#: Seconds for a client that serves no step.
_SHORT = 60.0


def _address(value: object) -> object:
    """Return a Jira's address without the final slash; refuse what is none, or hides a secret."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(
            "Jira URL cannot be empty: write jiraUrl, such as https://jira.example.com"
        )
    url = value.strip()
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(
            f"jiraUrl must begin with https:// or http:// and a host, not {url[:40]!r}"
        )
    if "@" in parts.netloc:
        raise ValueError("jiraUrl must not hold a user or a password; they belong under auth")
    if parts.query or parts.fragment:
        raise ValueError("jiraUrl must end before the ? or #: it is the address of Jira itself")
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("jiraUrl holds a character that an address cannot have")
    if not _has_valid_port(parts):
        raise ValueError("jiraUrl names a port that is none; a port is a number below 65536")
    return url.rstrip("/")


def _has_valid_port(parts: SplitResult) -> bool:
    try:
        return parts.port != 0
    except ValueError:
        return False


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

    jira_url: Annotated[str, BeforeValidator(_address)] = Field(
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
    proxy: Annotated[str, BeforeValidator(_address)] | None = Field(
        None, description="Address of an HTTP proxy (not Harness's); the environment is not asked."
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
        """Return a copy at another address with a given credential; all else is kept.

        Without a *username* the token is sent as Bearer.
        """
        try:
            address = _address(url)
        except ValueError as error:
            raise ConnectorError(str(error)) from None
        copy = self.model_copy(update={"jira_url": address})
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

    def browse(self, key: str) -> str | None:
        """Return where a person sees an issue; ``None`` where only Jira itself can tell."""
        if urlsplit(self.jira_url).hostname == "api.atlassian.com":
            return None
        return f"{self.jira_url}/browse/{quote(key, safe='')}"

    def client(
        self, deadline: datetime | None = None, *, patient: bool = True, anonymous: bool = False
    ) -> "JiraClient":
        """Return a client that gives up at *deadline* (default: in a minute).

        One that is not *patient* asks once and does not wait for a better moment. An *anonymous*
        one does not sign in, to ask for what Jira tells everybody.
        """
        from penstock_jira.client import JiraClient
        from penstock_jira.transport import Route, Transport

        clock = self.binding.clock
        if self.ca_file is not None and not self.ca_file.is_file():
            raise ConnectorError(f"caFile of {self.binding.reference}: no such file {self.ca_file}")
        headers = {
            "Accept": "application/json",
            "Accept-Language": "en",
            "User-Agent": _user_agent(),
            "X-Atlassian-Token": "no-check",
        }
        if not anonymous:
            headers["Authorization"] = self.credential.header()
        route = Route(str(self.ca_file) if self.ca_file else None, self.proxy)
        return JiraClient(
            self.jira_url,
            Transport(headers, clock, route),
            clock=clock,
            deadline=deadline or clock.now() + timedelta(seconds=_SHORT),
            patient=patient,
        )

    def look(self, watches: Sequence[Watch]) -> Sequence[Look]:
        """Look at the issues of gates: one question per 100 on Cloud, one per issue elsewhere."""
        from penstock_jira.observe import look

        return look(self, watches)

    def test(self) -> Iterator[Check]:
        """Try each piece, from the host name to the rate limits, with advice where it fails."""
        from penstock_jira.doctor import examine

        return examine(self)
