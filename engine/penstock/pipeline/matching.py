"""Matches a tree of values with the tree that asks for them: an input set with its pipeline.

Both have the same shape (Harness: an input set repeats the pipeline down to its inputs). Entries
of lists are matched by what they are called, not by their order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.errors import Fault
from penstock.nearest import suggestion
from penstock.pipeline.document import MARK
from penstock.pipeline.input_form import is_input
from penstock.pipeline.inputs import label
from penstock.pipeline.places import Path
from penstock.source import Source, Value

__all__ = ["Entry", "Matching"]

#: Keys that say which part is meant, or describe it, and give no value.
_SAID = frozenset({"default", "description", "identifier", "key", "name", "required"})


#: At most about so many faults are told: to look for near misses takes its time.
_MOST = 50


@dataclass(frozen=True)
class Entry:
    """A value that stands in a file, such as an input set, where its faults are told."""

    value: Value
    source: Source
    path: Path


@dataclass
class Matching:
    """What a tree of values gives, and what is wrong with it."""

    #: The file with the values.
    source: Source
    #: What asks for them, in words: ``the pipeline``.
    asking: str
    #: The values, by the path of the input that each is for.
    entries: dict[Path, Entry] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def take(self, given: Value, path: Path, asked: object, here: Path) -> None:
        """Take what stands at *path* of the file for what stands *here* in what asks.

        Nothing, ``[]`` and ``{}`` give nothing.
        """
        if is_input(asked):
            if given is not None:
                self.entries[here] = Entry(given, self.source, path)
        elif not given or (isinstance(given, str) and given == asked):
            return
        elif isinstance(given, dict) and isinstance(asked, dict):
            self._take_mapping(given, path, asked, here)
        elif isinstance(given, list) and isinstance(asked, list):
            self._take_list(given, path, asked, here)
        elif not (isinstance(given, str) and path[-1] in _SAID):
            self._not_asked(path, asked)

    def _take_mapping(
        self, given: Mapping[str, Value], path: Path, asked: Mapping[str, Any], here: Path
    ) -> None:
        for key, value in given.items():
            if key in asked:
                self.take(value, (*path, key), asked[key], (*here, key))
            elif key == "template" and isinstance(value, dict):
                # What a template holds stands in the place of the reference to it.
                below = (*path, key, "templateInputs")
                self.take(value.get("templateInputs"), below, asked, here)
            elif key not in _SAID and key not in {"type", MARK}:
                message = f"{self.asking} has no `{key}` here"
                hint = suggestion(key, asked) or "take it away"
                self.faults.append(self.source.fault((*path, key), message, hint, key=True))

    def _take_list(self, given: list[Value], path: Path, asked: list[Any], here: Path) -> None:
        called = [_labels(each) for each in asked]
        by_name: dict[str, list[int]] = {}
        for n, names in enumerate(called):
            for name in names:
                by_name.setdefault(name, []).append(n)
        taken: set[int] = set()
        for i, item in enumerate(given):
            names = _labels(item)
            unnamed = [i] if not names and i < len(asked) and not called[i] else []
            meant = unnamed or sorted(n for name in names for n in by_name.get(name, ()))
            found = next((n for n in meant if n not in taken), None)
            if found is not None:
                taken.add(found)
                self.take(item, (*path, i), asked[found], (*here, found))
            elif item and len(self.faults) < _MOST:
                self._no_partner(item, (*path, i), asked)

    def _no_partner(self, item: Value, path: Path, asked: list[Any]) -> None:
        names = sorted(_labels(item))
        known = [name for each in asked for name in _labels(each)]
        what = f"{names[0]!r}" if names else f"entry [{path[-1]}]"
        hint = suggestion(names[0], known) if names else ""
        message = f"{self.asking} has no {what} here"
        self.faults.append(self.source.fault(path, message, hint or "take it away"))

    def _not_asked(self, path: Path, asked: object) -> None:
        fixed = f": it is {asked[:40]!r} there" if isinstance(asked, str) else ""
        message = f"`{path[-1]}` is no input of {self.asking}{fixed}"
        hint = "write `<+input>` there, or take it away here"
        self.faults.append(self.source.fault(path, message, hint))


def _labels(item: object) -> frozenset[str]:
    """Return what an entry of a list is called; what runs side by side has several names."""
    return frozenset(_names(item))


def _names(item: object) -> Iterator[str]:
    own = label(item)
    if own is not None:
        yield own
    elif isinstance(item, dict) and isinstance(item.get("parallel"), list):
        for each in item["parallel"]:
            yield from _names(each)
