"""The signs and colours of statuses and truths, and what to write where there are no signs."""

from penstock.events import Status

__all__ = ["SIGNS", "colour_of", "paint", "status_sign", "truth_colour", "truth_sign"]

#: All signs of this module, to ask whether a stream can write them.
SIGNS = "✓✗○●◔■…│·"

_STATUSES = {
    Status.NOT_STARTED: ("○", ".", "dim"),
    Status.RUNNING: ("●", "*", "cyan"),
    Status.APPROVAL_WAITING: ("◔", "~", "yellow"),
    Status.SUCCEEDED: ("✓", "+", "green"),
    Status.FAILED: ("✗", "x", "red"),
    Status.APPROVAL_REJECTED: ("✗", "x", "red"),
    Status.EXPIRED: ("✗", "x", "red"),
    Status.ABORTED: ("■", "#", "magenta"),
    Status.SKIPPED: ("-", "-", "dim"),
    Status.IGNORE_FAILED: ("!", "!", "yellow"),
}
_TRUTHS = {True: ("✓", "yes"), False: ("✗", "no"), None: ("?", "???")}
_CODES = {"dim": 2, "bold": 1, "red": 31, "green": 32, "yellow": 33, "magenta": 35, "cyan": 36}


def status_sign(status: Status, signs: bool = True) -> str:
    """Return the sign of a status, one column wide; plain ASCII if *signs* is false."""
    return _STATUSES[status][0 if signs else 1]


def colour_of(status: Status) -> str:
    """Return the colour of a status, by a name that ``paint`` and rich know."""
    return _STATUSES[status][2]


def truth_sign(truth: bool | None, signs: bool = True) -> str:
    """Return ✓, ✗ or ?; ``yes``, ``no`` or ``???`` if *signs* is false."""
    return _TRUTHS[truth][0 if signs else 1]


def truth_colour(truth: bool | None, rejection: bool) -> str:
    """Return a condition's colour; rejection criteria are loud only when they are met."""
    if rejection:
        return "red" if truth else "dim"
    return {True: "green", False: "yellow", None: "magenta"}[truth]


def paint(text: str, colour: str, wanted: bool) -> str:
    """Return *text* between the terminal's codes for *colour*, if *wanted*."""
    body = text.rstrip()
    return f"\x1b[{_CODES[colour]}m{body}\x1b[0m{text[len(body) :]}" if wanted and body else text
