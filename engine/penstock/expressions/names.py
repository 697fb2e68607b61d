"""What expressions see, and what one says that it reads."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from penstock.secret import Secret

__all__ = ["Names", "Read", "SecretRead"]


@dataclass(frozen=True)
class Names:
    """The names that an expression may read.

    ``values`` holds mappings, sequences, text, numbers, booleans, ``None`` and ``Secret``s,
    nested; a mapping may find its values as they are asked for. ``now`` gives the present, aware;
    ``secret`` gives the secret of a reference (``account.jira_token``).
    """

    values: Mapping[str, object]
    now: Callable[[], datetime]
    secret: Callable[[str], Secret] | None = None


@dataclass(frozen=True)
class Read:
    """A chain of constant look-ups, as long as it goes: ``("pipeline", "variables", "x")``.

    ``offset`` is where it begins in the text. ``optional`` says that the text allows for its
    absence: it stands under ``default``, ``?:`` or ``is defined``. ``more`` are the look-ups after
    the path: positions, and parts of the syntax tree that will tell a name; ``begins`` is what
    the first of these begins with: ``deploy`` of ``deploy<+strategy.identifierPostFix>``.
    """

    path: tuple[str, ...]
    offset: int
    optional: bool = False
    more: tuple[object, ...] = field(default=(), repr=False, compare=False)
    begins: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class SecretRead:
    """A call of ``secrets.getValue``, which begins at ``offset`` in the text.

    ``reference`` is ``None`` where only the run will tell which secret is meant.
    """

    reference: str | None
    offset: int
