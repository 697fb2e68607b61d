"""Looks for secrets in bytes, in every form in which a program may write one by accident."""

import base64
import html
import json
import urllib.parse
from collections.abc import Iterable, Mapping

__all__ = ["found_in", "variants"]


def variants(secret: str) -> set[str]:
    """Return the forms that are looked for; written here, and not taken from what is judged."""
    raw = secret.encode()
    quoted = {urllib.parse.quote(secret), urllib.parse.quote(secret, safe="")}
    quoted |= {urllib.parse.quote_plus(secret)}
    forms = {secret, raw.hex(), raw.hex().upper(), html.escape(secret), repr(secret)[1:-1]}
    forms |= {json.dumps(secret)[1:-1], *quoted, *(form.lower() for form in quoted)}
    for before in range(3):
        digits = base64.b64encode(b"-" * before + raw).decode()
        own = digits[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
        forms |= {own, own.replace("+", "-").replace("/", "_")}
    return forms


def found_in(places: Mapping[str, bytes], secrets: Iterable[str], *, user: str) -> list[str]:
    """Return the places that hold a secret, or the credential of *user* made of it."""
    forms: set[str] = set()
    for secret in secrets:
        forms |= variants(secret) | {base64.b64encode(f"{user}:{secret}".encode()).decode()}
    return [place for place, held in places.items() if any(form.encode() in held for form in forms)]
