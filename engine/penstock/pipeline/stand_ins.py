"""Stand-ins: names that only the platform has, given values for a rehearsal.

They stand only where nothing is: what a run here knows itself is never replaced.
"""

from collections.abc import Iterator, Mapping

__all__ = ["StandIns", "with_stand_ins"]

#: Values by name, nested as they are read: ``{"artifact": {"tag": "1.2.3"}}``.
StandIns = Mapping[str, object]


def with_stand_ins(names: Mapping[str, object], stand_ins: StandIns) -> Mapping[str, object]:
    """Return *names*, and what *stand_ins* has besides, at every depth."""
    return _Layered(names, stand_ins) if stand_ins else names


class _Layered(Mapping[str, object]):
    def __init__(self, near: Mapping[str, object], far: Mapping[str, object]) -> None:
        self._near = near
        self._far = far

    def __getitem__(self, name: str) -> object:
        if name not in self._near:
            return self._far[name]
        value, other = self._near[name], self._far.get(name)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            return _Layered(value, other)
        return value

    def __contains__(self, name: object) -> bool:
        return name in self._near or name in self._far

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._near, *self._far]))

    def __len__(self) -> int:
        return len({*self._near, *self._far})
