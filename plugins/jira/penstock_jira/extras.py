"""What a step hangs on its issue: checked before its first write, written after the fields."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from penstock.json_types import Json
from penstock.step import Doubt, Effect, StepContext
from penstock_jira.around import IssueStep, RemoteLinkTo
from penstock_jira.attachment import Attachment, files_of
from penstock_jira.comment import Comment
from penstock_jira.errors import FieldFault, FieldsRefused
from penstock_jira.extra import Extra
from penstock_jira.links import IssueLink, RemoteLink
from penstock_jira.preview import short
from penstock_jira.rich import for_client
from penstock_jira.users import Users
from penstock_jira.watcher import Watcher
from penstock_jira.worklog import Worklog

if TYPE_CHECKING:
    from penstock_jira.client import JiraClient

__all__ = ["Extras", "extra_lines"]


P = ParamSpec("P")
T = TypeVar("T")


class Extras:
    """The comment, links, watchers, attachments and worklog of one step."""

    def __init__(
        self, step: IssueStep, client: "JiraClient", context: StepContext, settle: float
    ) -> None:
        """Take the step, and the seconds after which a write cannot come true any more.

        Nothing is read yet.
        """
        self._step, self._client, self._context = step, client, context
        self._settle = settle

    def check(self) -> None:
        """Resolve everything; raise ``FieldsRefused`` with every fault there is."""
        faults: list[str] = []
        checks = [extra.check for extra in self._others]
        for part in (self._check_comment, *checks, self._check_files):
            try:
                part()
            except FieldFault as fault:
                faults.append(str(fault))
        if faults:
            raise FieldsRefused(faults)

    def write(self, key: str, before: Callable[[], object]) -> None:
        """Write each part once to the issue with *key*; *before* checks what is to come later."""
        effects, said = self._context.effects, self._step.said
        if said is not None:
            comment = Comment(self._client, self._context, key, said)

            def intent() -> Mapping[str, Json]:
                before()
                return comment.intent()

            effects.once(
                "comment",
                intent=intent,
                do=comment.post,
                look=comment.look,
                doubt=self._doubt(key, self._settle),
            )
        for extra in _told(self._listed):
            effects.once(
                extra.name,
                intent=partial(self._intent, extra, key, before),
                do=partial(self._write, extra, key),
                look=partial(self._look, extra, key),
                doubt=self._doubt(key, 0.0 if extra.kept_once else self._settle),
            )

    @staticmethod
    def _doubt(key: str, settle: float) -> Doubt:
        return Doubt(settle, advice=lambda _: f"look at {key} before you run this again")

    @staticmethod
    def _intent(extra: Extra, key: str, before: Callable[[], object]) -> Mapping[str, Json]:
        before()
        return _told(extra.intent, key)

    @staticmethod
    def _write(extra: Extra, key: str, effect: Effect) -> Json:
        return _told(extra.write, key, effect)

    @staticmethod
    def _look(extra: Extra, key: str, effect: Effect) -> Json:
        return _told(extra.look, key, effect)

    def _listed(self) -> list[Extra]:
        return [*self._others, *self._files]

    def _check_comment(self) -> None:
        said = self._step.said
        try:
            if said is not None:
                for_client(self._client, said.text, said.format)
        except FieldFault as fault:
            raise FieldFault(f"comment: {fault}") from None

    def _check_files(self) -> None:
        for extra in self._files:
            extra.check()

    @cached_property
    def _files(self) -> list[Extra]:
        found = files_of(self._step.attachments, self._context.run.directory)
        return [Attachment(self._client, path) for path in found]

    @cached_property
    def _others(self) -> list[Extra]:
        step, client = self._step, self._client
        users = Users(client, self._context.note)
        found: list[Extra] = [IssueLink(client, link, n) for n, link in enumerate(step.links, 1)]
        found += self._remote_link()
        found += [Watcher(client, users, name, n) for n, name in enumerate(step.watchers, 1)]
        if step.worklog is not None:
            found.append(Worklog(client, step.worklog))
        return found

    def _remote_link(self) -> list[Extra]:
        wanted = self._step.remote_link
        if wanted is False:
            return []
        link = RemoteLinkTo() if wanted is True else wanted
        url = link.url or self._context.run.url
        if not url.startswith(("http://", "https://")):
            self._context.note("this run has no address, so the issue gets no link to it")
            return []
        return [RemoteLink(self._client, self._context, link, url)]


def _told(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what *call* returns; what no longer fits is told as a failure of the step."""
    try:
        return call(*args, **kwargs)
    except FieldFault as fault:
        raise FieldsRefused([str(fault)]) from fault


def extra_lines(step: IssueStep, path: str) -> tuple[str, ...]:
    """Return the requests for what a step hangs on the issue at *path*, for ``penstock plan``."""
    lines: list[str] = []
    if step.comment is not None:
        seen = step.comment.visibility
        by = f"  for the {seen.type} {seen.value}" if seen else ""
        lines += [f"POST {path}/comment{by}", f"  {short(step.comment.text)}"]
    lines += [f"POST /rest/api/2/issueLink  {link.type} {link.to}" for link in step.links]
    if step.remote_link is not False:
        url = None if step.remote_link is True else step.remote_link.url
        lines.append(f"POST {path}/remotelink  to {url or 'this run'}")
    lines += [f"POST {path}/watchers  {name}" for name in step.watchers]
    lines += [f"POST {path}/attachments  {pattern}" for pattern in step.attachments]
    if step.worklog is not None:
        lines.append(f"POST {path}/worklog  {step.worklog.time_spent}")
    return tuple(lines)
