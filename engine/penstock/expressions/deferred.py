"""Expressions for later: kept with what they need, until the rest is known.

A gate's criteria are judged at every look; a text is rendered once its step has got its answer.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from typing_extensions import override

from penstock.errors import ExpressionError
from penstock.expressions.faults import MissingError, OperandError
from penstock.expressions.lookups import part
from penstock.expressions.names import Names, Read
from penstock.expressions.status_text import StatusText
from penstock.expressions.template import Template, parse, parse_criterion
from penstock.expressions.values import plain
from penstock.json_types import Json
from penstock.spec_place import Later
from penstock.verdict import Condition

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

    from penstock.expressions.judging import Since
    from penstock.expressions.syntax import Expression

__all__ = ["Deferred", "DeferredText"]


@dataclass(frozen=True)
class Deferred:
    """A criterion, as ``parse_criterion`` takes it, and the values captured for it.

    As a field of a pydantic model it takes its text, or what ``to_json`` gives, and is written as
    the latter.
    """

    text: str
    names: Mapping[str, Json] = field(default_factory=dict)
    #: Where a status stands among the names: it has two, of which JSON keeps one.
    statuses: tuple[tuple[str, ...], ...] = ()

    @staticmethod
    def _parse(text: str) -> Template:
        return parse_criterion(text)

    def capture(self, names: Names, keep: str | Later) -> Self:
        """Return a copy that holds every value it reads, but those under the roots to *keep*.

        Evaluating then needs nothing but these; ``currentDate()`` and its like stay live. Raises
        ``ExpressionError`` for a name that is not there, for a secret, and, where *keep* is one
        name (``issue``), for a look at it that does not name the field that is meant.
        """
        kept = {keep} if isinstance(keep, str) else set(keep.names)
        captured: dict[str, Any] = {}
        statuses = []
        for path, value in self._captured(names, keep, kept):
            place = captured
            for name in path[:-1]:
                place = place.setdefault(name, {})
            place[path[-1]] = plain(value)
            if isinstance(value, StatusText):
                statuses.append(path)
        return replace(self, names=captured, statuses=tuple(statuses))

    def _captured(
        self, names: Names, keep: str | Later, kept: Collection[str]
    ) -> Iterator[tuple[tuple[str, ...], object]]:
        """Yield the path and the value of each read, shorter paths first."""
        reads = list(_followed(self._parse(self.text), names, kept))
        optional = {read.path for read in reads if read.optional}
        for read in sorted(reads, key=lambda read: len(read.path)):
            if read.path[0] in kept:
                if isinstance(keep, str):
                    _check_field(read)
                continue
            try:
                value = _value(names, read)
                plain(value)
            except MissingError as error:
                if read.path in optional:
                    continue
                raise _wrong(read, error) from None
            except OperandError as error:
                raise _wrong(read, error) from None
            yield read.path, value

    def fields(self, root: str) -> tuple[str, ...]:
        """Return the names looked up directly under *root*, sorted: ``issue.Status`` → Status."""
        reads = self._parse(self.text).reads
        found = {read.path[1] for read in reads if read.path[0] == root and len(read.path) > 1}
        return tuple(sorted(found))

    def judge(
        self,
        values: Mapping[str, object],
        *,
        now: Callable[[], datetime],
        since: "Since | None" = None,
    ) -> Condition:
        """Judge *values* (``{"issue": {…}}``), in which ``Absent`` marks what is not there.

        *now* gives the present, aware; *since* tells of a field since when it is what it is, and
        who made it so. Never raises for what the values are: what cannot be told is unknown.
        """
        from penstock.expressions.judging import judged

        expression = cast("Expression", parse_criterion(self.text).parts[0])
        return judged(expression, Names(self._seen(), now), values, since)

    def _seen(self) -> Mapping[str, object]:
        """Return the captured names with the statuses among them as such."""
        seen: dict[str, Any] = deepcopy(dict(self.names)) if self.statuses else dict(self.names)
        for *above, last in self.statuses:
            place = seen
            for name in above:
                place = place[name]
            place[last] = StatusText(place[last])
        return seen

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[object], handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Tell pydantic how to read and write one."""
        from pydantic_core import core_schema

        return core_schema.no_info_plain_validator_function(
            cls._validated,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls.to_json, return_schema=core_schema.dict_schema()
            ),
        )

    @classmethod
    def _validated(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            value = {"text": value}
        if not isinstance(value, Mapping) or not isinstance(value.get("text"), str):
            raise ValueError("an expression is needed here, as text")  # noqa: TRY004 - pydantic's
        try:
            cls._parse(value["text"])
            names = cast("dict[str, Json]", plain(value.get("names", {})))
            statuses = tuple(tuple(path) for path in value.get("statuses", ()))
            made = cls(value["text"], names, statuses)
            made._seen()
        except (ExpressionError, OperandError) as error:
            raise ValueError(str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError("its statuses are none; write the expression as text") from error
        return made

    def to_json(self) -> dict[str, Json]:
        """Return what a model reads it from again: ``{"text": …, "names": {…}}``."""
        written: dict[str, Json] = {"text": self.text, "names": self.names}
        if self.statuses:
            written["statuses"] = [list(path) for path in self.statuses]
        return written


@dataclass(frozen=True)
class DeferredText(Deferred):
    """A text with expressions in it, as ``parse`` takes it, and the values captured for it."""

    @staticmethod
    @override
    def _parse(text: str) -> Template:
        return parse(text)

    def value(self, values: Mapping[str, object], *, now: Callable[[], datetime]) -> Json:
        """Return the text with its expressions evaluated, or a lone expression's value.

        *values* are what was not known before; *now* gives the present, aware. What comes out is
        data. Raises ``ExpressionError``.
        """
        found = self._parse(self.text).render(Names({**self._seen(), **values}, now))
        return cast("Json", found)  # no secrets: there is nobody here to ask for one


def _followed(template: Template, names: Names, kept: Collection[str]) -> Iterator[Read]:
    """Yield each read with the names in its path that are expressions of their own put in.

    So ``steps.open<+strategy.identifierPostFix>.issue`` captures one step, and not all there are.
    Those of the roots *kept* stay as they are.
    """
    for expression in template.parts:
        for read in () if isinstance(expression, str) else expression.reads:
            more = (
                () if read.path[0] in kept else _told(cast("Expression", expression), read, names)
            )
            yield replace(read, path=(*read.path, *more))


def _told(expression: "Expression", read: Read, names: Names) -> Iterator[str]:
    """Yield the names after the path of *read*, as far as *names* tell them."""
    from jinja2 import nodes

    from penstock.expressions.evaluation import Evaluation

    for key in read.more:
        name = key
        if isinstance(key, nodes.Expr):
            try:
                name = Evaluation(names, expression.origin).value(key)
            except ExpressionError:
                return  # only the step will know; or judging will say what is wrong
        if not isinstance(name, str):
            return
        yield name


def _value(names: Names, read: Read) -> object:
    value: object = names.values
    for name in read.path:
        value = part(value, name)
    return value


def _check_field(read: Read) -> None:
    root, *names = read.path
    if not names:
        raise ExpressionError(
            f"{root!r} is used as a whole, or with a name that is not written out",
            hint=f'name the field that is meant: {root}.Status, {root}."Risk Level"',
            offset=read.offset,
        )


def _wrong(read: Read, error: OperandError) -> ExpressionError:
    return ExpressionError(
        f"{'.'.join(read.path)}: {error.message}", hint=error.hint, offset=read.offset
    )
