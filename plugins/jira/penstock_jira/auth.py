"""How a connector signs in: the ``auth`` block of its file, new form and old."""

import base64
from collections.abc import Callable, Mapping
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from penstock.connector import SecretReference
from penstock.errors import ConnectorError
from penstock.nearest import suggestion
from penstock.secret import Secret
from penstock_jira.account import fingerprint

__all__ = ["Auth", "Credential", "Password", "PersonalAccessToken", "Token", "UsernamePassword"]

_TYPES = ("UsernamePassword", "PersonalAccessToken")


class Credential:
    """A user's name (``None``: the token says who) and the secret that goes with it."""

    def __init__(self, username: str | None, secret: Secret) -> None:
        """Take both as they are sent."""
        self._username, self._secret = username, secret

    @property
    def user(self) -> str:
        """A fingerprint of whom the credential stands for: the user, or the token itself."""
        return fingerprint(self._username or self._secret.reveal())

    def header(self) -> str:
        """Return the value of ``Authorization``: Basic with a user's name, Bearer without.

        Raises ``ConnectorError`` for a secret that no header can hold; it is not shown.
        """
        token = self._secret.reveal().strip("\r\n")
        if not token or not token.isprintable() or (self._username is None and not token.isascii()):
            raise ConnectorError(
                f"the secret {self._secret.reference} is empty or holds a line break or another "
                "character that no token has; store it again"
            )
        if self._username is None:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{self._username}:{token}".encode()).decode()


class _Settings(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


class Password(_Settings):
    """A user's name, plain or as a secret, and a password or API token."""

    username: str | None = Field(None, description="The user's name; on Jira Cloud the e-mail.")
    username_ref: SecretReference | None = Field(None, description="A secret with the name.")
    password_ref: SecretReference = Field(description="The secret with the API token or password.")

    @model_validator(mode="after")
    def _one_username(self) -> Self:
        """Harness: exactly one of the two names the user."""
        if self.username and self.username_ref:
            raise ValueError("Only one of username or usernameRef can be provided; drop one")
        if not self.username and not self.username_ref:
            raise ValueError("Username cannot be empty: write username or usernameRef")
        return self

    def credential(self, secret: Callable[[str], Secret]) -> Credential:
        """Return the credential, its secrets read now."""
        name = self.username or secret(self.username_ref or "").reveal().strip()
        return Credential(name, secret(self.password_ref))


class Token(_Settings):
    """A personal access token."""

    pat_ref: SecretReference = Field(description="The secret with the personal access token.")

    def credential(self, secret: Callable[[str], Secret]) -> Credential:
        """Return the credential, its secret read now."""
        return Credential(None, secret(self.pat_ref))


class UsernamePassword(_Settings):
    """Basic authentication: Cloud with e-mail and API token, Data Center with a password."""

    type: Literal["UsernamePassword"]
    spec: Password


class PersonalAccessToken(_Settings):
    """A bearer token: Data Center 8.14 and later."""

    type: Literal["PersonalAccessToken"]
    spec: Token


def _in_plain_words(value: object) -> object:
    """Refuse what the union below would refuse in words that only pydantic understands."""
    if not isinstance(value, Mapping):
        return value
    name = value.get("type")
    if name not in _TYPES:
        raise ValueError(
            f"Invalid Jira auth type value: {name}; {suggestion(str(name or ''), _TYPES)}"
        )
    spec = value.get("spec")
    if spec is None:
        raise ValueError(f"Missing spec for {name} jira auth type")
    lacks_token = isinstance(spec, Mapping) and not (spec.get("patRef") or spec.get("pat_ref"))
    if name == "PersonalAccessToken" and lacks_token:
        raise ValueError("Jira PAT cannot be empty: write patRef, the name of its secret")
    return value


Auth: TypeAlias = Annotated[
    Annotated[UsernamePassword | PersonalAccessToken, Field(discriminator="type")],
    BeforeValidator(_in_plain_words),
]
