"""What JiraCreate and JiraUpdate have in common: fields, and what hangs on an issue."""

import re
from typing import Annotated, Literal, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from penstock.step import Step
from penstock_jira.fields import comment_of, is_comment
from penstock_jira.spec import (
    DelegateSelectors,
    FieldEntries,
    Format,
    IssueKey,
    Items,
    Spec,
    Text,
)

__all__ = ["Commented", "IssueStep", "LinkTo", "RemoteLinkTo", "Visibility", "WorkDone"]

_FORMAT = "How the text is written: wiki, markdown or text."
_TIME = re.compile(r"\d+(\.\d+)?[wdhm]( ?\d+(\.\d+)?[wdhm])*")


def _time(value: str) -> str:
    if not _TIME.fullmatch(value):
        raise ValueError(f"{value[:40]!r} is no time; write it as 2h 30m, of w, d, h and m")
    return value


def _address(value: str) -> str:
    if urlsplit(value).scheme not in {"http", "https"}:
        raise ValueError("must begin with http:// or https://")
    return value


class Visibility(Spec):
    """Who sees a comment: those with a project role, or a group."""

    type: Literal["role", "group"] = Field(description="role or group.")
    value: Text = Field(description="The name of the project role or of the group.")


class Commented(Spec):
    """A comment, with what the field Comment cannot say."""

    text: Text = Field(description="What the comment says.")
    visibility: Visibility | None = Field(None, description="Who sees it; without it, all do.")
    format: Format = Field("wiki", description=_FORMAT)


class LinkTo(Spec):
    """A link to another issue."""

    type: Text = Field(description="The type's name, or its words for one direction: blocks.")
    to: IssueKey = Field(description="The other issue's key.")


class RemoteLinkTo(Spec):
    """A link to something outside Jira."""

    title: Text | None = Field(None, description="What is shown; without it, pipeline and run.")
    url: Annotated[Text, AfterValidator(_address)] | None = Field(
        None, description="The address; without it, that of the run."
    )


class WorkDone(Spec):
    """Time that is booked."""

    time_spent: Annotated[Text, AfterValidator(_time)] = Field(description="Such as 2h 30m.")
    comment: Text | None = Field(None, description="What was done.")
    format: Format = Field("wiki", description=_FORMAT)


RemoteLink: TypeAlias = bool | RemoteLinkTo


class IssueStep(Step):
    """Base of the steps that write an issue."""

    connector_ref: Text = Field(description="The Jira connector: jira, org.jira or account.jira.")
    fields: FieldEntries = Field((), description="What to set; Comment adds a comment.")
    comment: Commented | None = Field(None, description="A comment, with who sees it.")
    links: tuple[LinkTo, ...] = Field((), description="Links to other issues.")
    remote_link: RemoteLink = Field(False, description="A link to this run, or to an address.")
    watchers: Items = Field((), description="Users who watch the issue from now on.")
    attachments: Items = Field((), description="Files, as paths or patterns beside the pipeline.")
    worklog: WorkDone | None = Field(None, description="Time that is booked.")
    on_mismatch: Literal["warn", "fail"] = Field(
        "warn", description="What happens when Jira stores something else than was sent."
    )
    delegate_selectors: DelegateSelectors = Field((), description="Harness's; has no effect.")

    @model_validator(mode="after")
    def _comments_once(self) -> Self:
        if self.comment is not None and comment_of(self.fields) is not None:
            raise ValueError("comment stands beside the field Comment; keep one of them")
        return self

    @property
    def said(self) -> Commented | None:
        """The comment, from wherever it is written."""
        text = comment_of(self.fields)
        if self.comment is not None or text is None:
            return self.comment
        written = next(entry.format for entry in self.fields if is_comment(entry))
        return Commented(text=text, format=written)
