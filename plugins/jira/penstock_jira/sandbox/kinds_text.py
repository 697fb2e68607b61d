"""Fields that hold text, numbers and dates."""

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from urllib.parse import urlsplit

from penstock.json_types import Json
from penstock_jira.sandbox.adf_rules import document_fault
from penstock_jira.sandbox.instant import duration_seconds, duration_text, parse_instant
from penstock_jira.sandbox.kind import Invalid, Kind, ManyOf, Slot, Told, plain_parts
from penstock_jira.sandbox.rich_text import document_of, plain_text

__all__ = [
    "LONGEST_TEXT",
    "TOO_LONG",
    "Date",
    "DateTime",
    "Label",
    "Labels",
    "Line",
    "Number",
    "Summary",
    "TextArea",
    "TimeTracking",
    "Url",
]

#: Jira's limit of a text, in characters.
LONGEST_TEXT = 32_767
_LONGEST_SUMMARY = 255
_LONGEST_LABEL = 255

TOO_LONG = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"


def _units(text: str) -> int:
    """Count characters as Jira does: in UTF-16, so that an emoji counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise Invalid("Operation value must be a string")
    if _units(value) > LONGEST_TEXT:
        raise Invalid(TOO_LONG)
    return value


class Line(Kind):
    """A single line of text."""

    custom: ClassVar[str | None] = f"{_CUSTOM}textfield"

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read text; the empty text is empty."""
        return None if value is None else _text(value) or None

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Take what was written."""
        return str(plain)


class Summary(Line):
    """The summary: required, at most 255 characters, on one line."""

    custom = None

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read the summary."""
        text = _text("" if value is None else value)
        if not text.strip():
            raise Invalid("You must specify a summary of the issue.")
        if _units(text) > _LONGEST_SUMMARY:
            raise Invalid("Summary must be less than 255 characters.")
        if "\n" in text or "\r" in text:
            raise Invalid("The summary is invalid because it contains newline characters.")
        return text


class Url(Line):
    """An address."""

    custom = f"{_CUSTOM}url"

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read an address with a scheme and a host."""
        text = super().parse(value, slot)
        if not isinstance(text, str):
            return None
        try:
            parts = urlsplit(text)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in ("http", "https", "ftp") or not parts.netloc:
            raise Invalid("Not a valid URL")
        return text


class TextArea(Kind):
    """Text of many lines: a document in version 3, text in version 2."""

    custom = f"{_CUSTOM}textarea"
    rich = True

    def parse(self, value: Json, slot: Slot) -> Json:
        """Read a document or a text, whichever the API version asks for."""
        if value is None:
            return None
        if not slot.lens.documents:
            return _text(value) or None
        if document_fault(value) is not None:
            raise Invalid(
                "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
            )
        if _units(plain_text(value)) > LONGEST_TEXT:
            raise Invalid(TOO_LONG)
        return value

    def shape(self, plain: Json, slot: Slot) -> Json:
        """Make a document of the text, where one is asked for."""
        return document_of(str(plain)) if slot.lens.documents else str(plain)

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the document, or the text."""
        if stored is None:
            return None
        if not slot.lens.documents:
            return plain_text(stored)
        return document_of(stored) if isinstance(stored, str) else stored

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Tell the text."""
        return Told(None, None if stored is None else plain_text(stored))


class Number(Kind):
    """A number."""

    type = "number"
    custom = f"{_CUSTOM}float"

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read a finite number."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Invalid("Operation value must be a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise Invalid("Operation value must be a number")
        return number

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Make a number of the text, where it is one."""
        try:
            return float(str(plain))
        except ValueError:
            return plain

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Tell the number without needless decimals."""
        return Told(None, f"{stored:g}" if isinstance(stored, float) else None)


class Date(Kind):
    """A day, ``yyyy-MM-dd``."""

    type = "date"
    custom = f"{_CUSTOM}datepicker"

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read a day."""
        if value is None or value == "":
            return None
        text = value if isinstance(value, str) else ""
        right = re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)
        try:
            day = date.fromisoformat(text) if right else None
        except ValueError:  # no such day: the same answer as for a wrong form
            day = None
        if day is None:
            raise Invalid(f"Error parsing date string: {value}")
        return day.isoformat()

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Tell the day, which is its own id."""
        text = stored if isinstance(stored, str) else None
        return Told(text, text)


class DateTime(Date):
    """An instant, ``yyyy-MM-dd'T'HH:mm:ss.SSSZ``."""

    type = "datetime"
    custom = f"{_CUSTOM}datetime"

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read an instant and keep it in UTC."""
        if value is None or value == "":
            return None
        stored = parse_instant(value) if isinstance(value, str) else None
        if stored is None:
            raise Invalid(f"Error parsing time: {value}")
        return stored


class Label(Kind):
    """One label."""

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read a label: no spaces, at most 255 characters."""
        text = _text(value)
        if re.search(r"\s", text):
            raise Invalid(f"The label '{text}' contains spaces which is invalid.")
        if not text or _units(text) > _LONGEST_LABEL:
            raise Invalid(f"The label '{text}' is invalid: a label has 1 to 255 characters.")
        return text


class Labels(ManyOf):
    """Labels, each once, in alphabetical order."""

    items = "string"
    completes = "1.0/labels/suggest?query="
    one = Label()

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Take labels with commas or spaces between them."""
        return [label for part in plain_parts(plain) for label in part.split()]

    def show(self, stored: Json, slot: Slot) -> Json:
        """Show the labels in order."""
        shown = super().show(stored, slot)
        return sorted(str(each) for each in shown) if isinstance(shown, list) else shown

    def tell(self, stored: Json, slot: Slot) -> Told:
        """Tell the labels with spaces between them."""
        shown = self.show(stored, slot)
        return Told(None, " ".join(str(each) for each in shown) if isinstance(shown, list) else "")


class TimeTracking(Kind):
    """The two estimates; stored in seconds as ``{original, remaining}``."""

    type = "timetracking"
    operations = ("set", "edit")

    def parse(self, value: Json, _slot: Slot) -> Json:
        """Read the estimates; the remaining one is the original one where it is not given."""
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise Invalid("Operation value must be an object with the estimates")
        original = self._seconds(value, "originalEstimate", "original")
        remaining = self._seconds(value, "remainingEstimate", "remaining")
        if original is None and remaining is None:
            return None
        return {"original": original, "remaining": original if remaining is None else remaining}

    def _seconds(self, value: Mapping[str, Json], name: str, word: str) -> int | None:
        written = value.get(name)
        if written is None or written == "":
            return None
        seconds = duration_seconds(written) if isinstance(written, str) else None
        if seconds is None:
            raise Invalid(f"The {word} estimate specified is not valid.")
        return seconds

    def shape(self, plain: Json, _slot: Slot) -> Json:
        """Take text as the original estimate."""
        return plain if isinstance(plain, Mapping) else {"originalEstimate": str(plain)}

    def tell(self, stored: Json, _slot: Slot) -> Told:
        """Tell the estimates, original first."""
        if not isinstance(stored, Mapping):
            return Told(None, None)
        parts = [
            f"{word} {duration_text(seconds)}"
            for word, seconds in stored.items()
            if isinstance(seconds, int)
        ]
        return Told(None, ", ".join(parts))
