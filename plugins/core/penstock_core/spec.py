"""What the steps have in common in YAML: keys, texts, variables."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from penstock.secret import Secret

__all__ = [
    "DelegateSelectors",
    "OutputName",
    "SecretText",
    "Spec",
    "not_twice",
    "scalar_text",
]


class Spec(BaseModel):
    """Base of the parts of a spec: camelCase in YAML, nothing unknown, unchangeable."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, populate_by_name=True
    )


def scalar_text(value: object) -> object:
    """Return what a variable may hold as text: scalars as YAML writes them, the rest as JSON."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value) if isinstance(value, int) else value


#: A text that may be empty, or have secrets in it.
SecretText: TypeAlias = Annotated[str | Secret, BeforeValidator(scalar_text)]
#: Harness's; Penstock runs everything where it runs itself.
DelegateSelectors: TypeAlias = tuple[str, ...] | str
#: Harness: how a variable may be called.
OutputName: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[a-zA-Z_][0-9a-zA-Z_.$-]{0,127}$")
]


def not_twice(names: Iterable[str]) -> None:
    """Raise ``ValueError`` if a name comes twice."""
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"has {name!r} {count} times; rename one of them")
