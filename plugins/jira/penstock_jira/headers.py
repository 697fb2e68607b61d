"""Headers that a connector sends with every request, for a gateway in front of Jira."""

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from penstock.connector import SecretReference
from penstock.errors import ConnectorError
from penstock.expressions import has_expression
from penstock.secret import Secret

__all__ = ["Header", "Headers", "named_once"]

#: RFC 9110: what a name is made of.
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}")
#: What servers commonly take, all headers of a request together.
_LONGEST = 4096
#: Why a header that exists is not the connector's to set, by its name in lower case.
_TAKEN = {
    **dict.fromkeys(("authorization", "cookie"), "auth says how to sign in; write that"),
    "host": "jiraUrl says where Jira is",
    **dict.fromkeys(
        ("accept", "accept-encoding", "accept-language", "user-agent", "x-atlassian-token"),
        "Penstock sets it, and reads the answers by it",
    ),
    **dict.fromkeys(
        ("connection", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        "it belongs to the connection",
    ),
}
_TAKEN_BEGINNINGS = {
    "content-": "it describes the body of each request",
    "proxy-": "it is for a proxy, and this is sent to Jira",
}


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a header's name is made of letters, digits and '-', such as X-Gateway-Key"
        )
    low = name.lower()
    begun = (why for start, why in _TAKEN_BEGINNINGS.items() if low.startswith(start))
    why = _TAKEN.get(low) or next(begun, None)
    if why:
        raise ValueError(f"the header {name} cannot be set here: {why}")
    return name


def _value(value: str) -> str:
    if has_expression(value):
        raise ValueError(
            "the value holds an expression, and none is evaluated in a connector; for a secret, "
            "write valueRef with its name"
        )
    value = value.strip(" \t")
    if not _is_sendable(value):
        raise ValueError(
            "the value is empty, or holds what no header has: write printable ASCII on one line, "
            f"at most {_LONGEST} characters"
        )
    return value


def _is_sendable(value: str) -> bool:
    return bool(value) and value.isascii() and value.isprintable() and len(value) <= _LONGEST


class Header(BaseModel):
    """One header: its name, and its value or the secret that holds it."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )

    name: Annotated[str, AfterValidator(_name)] = Field(description="Such as X-Gateway-Key.")
    value: Annotated[str, AfterValidator(_value)] | None = Field(
        None, description="The value, where it is no secret."
    )
    value_ref: SecretReference | None = Field(None, description="The secret with the value.")

    @model_validator(mode="after")
    def _has_one_value(self) -> Self:
        if (self.value is None) == (self.value_ref is None):
            raise ValueError(f"the header {self.name} needs value or valueRef, one of them")
        return self

    def sent(self, secret: Callable[[str], Secret]) -> str:
        """Return the value as it is sent, a secret read now.

        Raises ``ConnectorError`` for a secret that no header can hold; it is not shown.
        """
        if self.value_ref is None:
            return self.value or ""
        found = secret(self.value_ref).reveal().strip(" \t\r\n")
        if not _is_sendable(found):
            raise ConnectorError(
                f"the secret {self.value_ref} for the header {self.name} is empty, longer than "
                f"{_LONGEST} characters, or holds a line break or another character that no "
                "header has; store it again"
            )
        return found


def named_once(headers: Sequence[Header]) -> Sequence[Header]:
    """Return *headers*; refuse two with one name, since servers take either or both."""
    names = [header.name.lower() for header in headers]
    for header in headers:
        if names.count(header.name.lower()) > 1:
            raise ValueError(f"the header {header.name} is there twice; keep one")
    return headers


#: The ``headers`` of a connector.
Headers = Annotated[tuple[Header, ...], AfterValidator(named_once)]
