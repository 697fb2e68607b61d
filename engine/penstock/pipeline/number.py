"""Numbers as the variables of a pipeline hold them: as text."""

import re
from math import isfinite

__all__ = ["number_of"]

_NUMBER = re.compile(r"[-+]?([0-9]{1,400}(\.[0-9]{0,400})?|\.[0-9]{1,400})([eE][-+]?[0-9]{1,4})?")


def number_of(text: str) -> int | float | None:
    """Return the number that *text* writes in decimal, a whole one as ``int``, or ``None``.

    Narrower than Python: ``1_000``, ``nan``, ``inf`` and ``1e999`` are no numbers.
    """
    if not _NUMBER.fullmatch(text.strip()):
        return None
    number = float(text)
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number
