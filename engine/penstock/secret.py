"""Secrets as a type that cannot be printed, and the masker that hides what slips through."""

import base64
import html
import json
import re
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = ["MASK", "SHORTEST_MASKED", "Masker", "Secret"]

#: What stands where a secret stood.
MASK = "********"

#: Shorter values are not masked: hiding every ``no`` of a text tells more than it hides.
SHORTEST_MASKED = 6

#: What base64 for addresses writes instead.
_URL_SAFE = str.maketrans("+/", "-_")


class Secret:
    """A secret value. Its text comes out of ``reveal()`` and from nowhere else."""

    __slots__ = ("_value", "reference")

    def __init__(self, value: str, reference: str) -> None:
        """Take the value and the reference (``account.jira_token``) that it was found under."""
        self._value = value
        self.reference = reference

    def reveal(self) -> str:
        """Return the value, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        """Return the reference, never the value."""
        return f"Secret({self.reference})"

    def __str__(self) -> str:
        """Return the mask."""
        return MASK

    def __format__(self, spec: str) -> str:
        """Return the mask, whatever is asked for."""
        return MASK

    def __reduce__(self) -> Any:
        """Refuse to be pickled."""
        raise TypeError("a secret is not written anywhere")

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[object], handler: "GetCoreSchemaHandler"
    ) -> "CoreSchema":
        """Tell pydantic that a field may be one: it is taken as it is, and written as the mask."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: "CoreSchema", handler: "GetJsonSchemaHandler"
    ) -> "JsonSchemaValue":
        """Return what a pipeline may write there: a text."""
        return {"type": "string"}


class Masker:
    """Replaces every known secret, and its usual encodings, in text that leaves the process."""

    def __init__(self) -> None:
        """Start with nothing to hide."""
        self._variants: tuple[str, ...] = ()
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def add(self, value: str) -> bool:
        """Hide *value*, each of its lines, and its usual encodings from now on.

        Return whether it is hidden: a value shorter than six characters is not.
        """
        texts = {text for text in (value, *value.splitlines()) if len(text) >= SHORTEST_MASKED}
        with self._lock:
            variants = {form for text in texts - self._known for form in _forms(text)}
            self._known |= texts
            # A new tuple, not a changed list: another thread may be masking with the old one.
            merged = variants.union(self._variants)
            self._variants = tuple(sorted(merged, key=lambda form: (-len(form), form)))
        return value in self._known

    def mask(self, text: str) -> str:
        """Return *text* with the mask in place of whatever is hidden."""
        for variant in self._variants:
            if variant in text:
                text = text.replace(variant, MASK)
        return text

    def mask_json(self, value: Any) -> Any:
        """Return a JSON value with every text in it masked, keys too."""
        if not self._variants:
            return value
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, dict):
            return {self.mask(key): self.mask_json(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.mask_json(item) for item in value]
        return value


def _forms(text: str) -> set[str]:
    """Return the ways in which *text* may stand in a log, an address, a header or a script."""
    raw = text.encode("utf-8", "surrogatepass")
    quoted = {quote(raw, safe=safe) for safe in ("", "/")} | {quote_plus(raw)}
    forms = {text, html.escape(text), html.escape(text, quote=False), repr(text)[1:-1]}
    forms |= {json.dumps(text, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    forms |= quoted | {re.sub("%..", lambda code: code[0].lower(), form) for form in quoted}
    forms |= {text.replace("'", "'\"'\"'"), raw.hex(), raw.hex().upper()}
    forms |= {form for encoded in _encodings(text, raw) for form in _base64_forms(encoded)}
    return forms


def _encodings(text: str, raw: bytes) -> set[bytes]:
    """Return the bytes of *text*: UTF-8, and Latin-1 as HTTP's basic authentication has it."""
    try:
        return {raw, text.encode("latin-1")}
    except UnicodeEncodeError:
        return {raw}


def _base64_forms(raw: bytes) -> set[str]:
    """Return *raw* in base64: alone, and as it looks inside a longer text.

    There it begins at one of three alignments, and its first and last digit may depend on its
    neighbours: only the digits between are its own.
    """
    forms = {base64.b64encode(raw).decode()}
    for before in range(3):
        digits = base64.b64encode(b"\0" * before + raw).decode()
        own = slice(-(-before * 8 // 6), (before + len(raw)) * 8 // 6)
        forms.add(digits[own])
    return forms | {form.translate(_URL_SAFE) for form in forms}
