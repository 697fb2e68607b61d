"""Directories of YAML files, such as connectors, input sets and templates."""

from collections.abc import Sequence
from pathlib import Path

__all__ = ["yaml_files"]

_SUFFIXES = frozenset({".yaml", ".yml"})


def yaml_files(directory: Path) -> Sequence[Path]:
    """Return each ``*.yaml`` and ``*.yml`` of a directory by name, but for hidden ones.

    Raise ``OSError`` for a directory that cannot be read.
    """
    return [
        path
        for path in sorted(directory.iterdir())
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith(".")
    ]
