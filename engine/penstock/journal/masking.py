"""Text as it may be written: without secrets, and such that it can be read again."""

import json

from penstock.secret import Masker

__all__ = ["masked_json", "masked_text"]


def masked_text(text: str, masker: Masker) -> str:
    """Return *text* with secrets masked, and lone surrogates, which no file can hold, escaped."""
    text = masker.mask(text)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def masked_json(text: str, masker: Masker) -> str:
    """Return JSON *text* with the secrets in its strings masked; it stays JSON.

    Replacing in the JSON text itself could hit a number, or the marks between two values.
    """
    if masker.mask(text) == text:
        return text
    return json.dumps(masker.mask_json(json.loads(text)), separators=(",", ":"))
