"""Variables, as expressions read them."""

from collections.abc import Callable, Iterator, Mapping

from penstock.errors import ExpressionError
from penstock.expressions import Names, parse
from penstock.pipeline.number import number_of
from penstock.pipeline.plan import PlannedVariable

__all__ = ["Both", "Variables"]


class Variables(Mapping[str, object]):
    """Variables by name, each evaluated when it is read, with the run's start as *now*."""

    def __init__(self, variables: tuple[PlannedVariable, ...], names: Callable[[], Names]) -> None:
        """Take the variables, and what their expressions see."""
        self._variables = {variable.name: variable for variable in variables}
        self._names = names
        self._reading: set[str] = set()

    def __getitem__(self, name: str) -> object:
        """Return the value of a variable; raise ``KeyError`` or ``ExpressionError``."""
        variable = self._variables[name]
        text = variable.value or ""
        if variable.type == "Secret":
            return self._secret(text)
        if name in self._reading:
            raise ExpressionError(f"the variable {name!r} refers to itself")
        self._reading.add(name)
        try:
            value = parse(text).render(self._names())
        finally:
            self._reading.discard(name)
        return _number(name, value) if variable.type == "Number" else value

    def __contains__(self, name: object) -> bool:
        """Whether there is a variable of this name; it is not evaluated."""
        return name in self._variables

    def _secret(self, reference: str) -> object:
        reader = self._names().secret
        return reader(reference) if reader else None

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._variables)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._variables)


def _number(name: str, value: object) -> object:
    if not isinstance(value, str) or not value:
        return value
    number = number_of(value)
    if number is None:
        raise ExpressionError(
            f"the variable {name!r} is of type Number, and its value {value!r} is none"
        )
    # Digits alone not by way of a float, which would round what is longer than 15 of them.
    digits = value.strip().removeprefix("-")
    return int(value) if digits.isdecimal() else number


class Both(Mapping[str, object]):
    """A stage's variables before the pipeline's."""

    def __init__(self, near: Mapping[str, object], far: Mapping[str, object]) -> None:
        self._near = near
        self._far = far

    def __getitem__(self, name: str) -> object:
        return (self._near if name in self._near else self._far)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._near, *self._far]))

    def __len__(self) -> int:
        return len(set(self._near) | set(self._far))
