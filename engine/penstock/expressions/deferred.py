"""Expressions for later: kept with what they need, until the rest is known.

A gate's criteria are judged at every look; a text is rendered once its step has got its answer.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast

from typing_extensions import override

from penstock.errors import ExpressionError
from penstock.expressions.faults import MissingError, OperandError
from penstock.expressions.lookups import part
from penstock.expressions.names import Names, Read
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

    As a field of a pydantic model it takes its text, or ``{"text": …, "names": {…}}``, and is
    written as the latter.
    """

    text: str
    names: Mapping[str, Json] = field(default_factory=dict)

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
        reads = list(_followed(self._parse(self.text), names, kept))
        optional = {read.path for read in reads if read.optional}
        captured: dict[str, Any] = {}
        for read in sorted(reads, key=lambda read: len(read.path)):
            if read.path[0] in kept:
                if isinstance(keep, str):
                    _check_field(read)
                continue
            try:
                value = _value(names, read)
            except MissingError as error:
                if read.path in optional:
                    continue
                raise _wrong(read, error) from None
            except OperandError as error:
                raise _wrong(read, error) from None
            place = captured
            for name in read.path[:-1]:
                place = place.setdefault(name, {})
            place[read.path[-1]] = value
        return replace(self, names=captured)

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
        return judged(expression, Names(self.names, now), values, since)

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
                cls._serialised, return_schema=core_schema.dict_schema()
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
            return cls(value["text"], cast("dict[str, Json]", plain(value.get("names", {}))))
        except (ExpressionError, OperandError) as error:
            raise ValueError(str(error)) from error

    def _serialised(self) -> dict[str, Json]:
        return {"text": self.text, "names": self.names}


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
        found = self._parse(self.text).render(Names({**self.names, **values}, now))
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


def _value(names: Names, read: Read) -> Json:
    value: object = names.values
    for name in read.path:
        value = part(value, name)
    return plain(value)


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
