"""Names from around a pipeline that its expressions read: connectors, and shared variables."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from penstock.connectors.scope import Home
from penstock.connectors.variables import SharedVariables
from penstock.errors import Fault

__all__ = ["Advised", "surroundings"]

#: What is wrong with a reference to a connector.
ConnectorFaults = Callable[[str], Sequence[Fault]]
#: What may be read of a connector; what is in its spec, only the run will tell.
_CONNECTOR = dict.fromkeys(("identifier", "name", "type", "spec"))


class Advised(Mapping[str, object]):
    """Names, and what to write instead of one that is not among them."""

    def __init__(self, names: Mapping[str, object], advice: Callable[[str], str]) -> None:
        """Take the names, and what gives the advice."""
        self._names = names
        self.advice = advice

    def __getitem__(self, name: str) -> object:
        """Return what is below a name."""
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._names)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._names)


class _Connectors(Mapping[str, object]):
    """Every connector that a reference resolves to, looked up when it is read."""

    def __init__(self, faults: ConnectorFaults) -> None:
        self._faults = faults

    def __getitem__(self, reference: str) -> object:
        if self._faults(reference):
            raise KeyError(reference)
        return _CONNECTOR

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def surroundings(
    home: Home, shared: SharedVariables | None, faults: ConnectorFaults | None
) -> dict[str, object]:
    """Return ``variable`` and ``connector`` as a pipeline that lives in *home* reads them.

    Without *shared*, or *faults*, nothing is known of theirs, and only the run will tell.
    """
    names: dict[str, object] = {"connector": None, "variable": None}
    if faults is not None:
        names["connector"] = Advised(_Connectors(faults), lambda name: _miss(faults(name)))
    if shared is not None:
        names["variable"] = _variables(home, shared)
    return names


def _miss(faults: Sequence[Fault]) -> str:
    return faults[0].hint or faults[0].message


def _variables(home: Home, shared: SharedVariables) -> Advised:
    def advised(values: Mapping[str, object]) -> Advised:
        names = {
            name: advised(value) if isinstance(value, Mapping) else value
            for name, value in values.items()
        }
        own = [name for name, value in values.items() if not isinstance(value, Mapping)]
        return Advised(names, lambda name: shared.advice(name, home, own))

    return advised(shared.seen_from(home))
