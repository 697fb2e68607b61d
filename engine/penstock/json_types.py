"""What a value may be once it has left YAML, an expression or a plugin."""

from collections.abc import Mapping, Sequence

from typing_extensions import TypeAliasType

__all__ = ["Json"]

#: A JSON value, read-only: what the journal holds and what expressions see. A named alias, since
#: pydantic cannot follow a plain one that contains itself.
Json = TypeAliasType(
    "Json", "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
)
