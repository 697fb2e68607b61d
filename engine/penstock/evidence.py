"""What a gate's end rests on, sealed: a change by hand is seen, though it is not prevented."""

import hashlib
import json
from collections.abc import Mapping

from penstock.json_types import Json

__all__ = ["SEAL", "broken", "digests", "sealed"]

#: The entry of a bundle that holds the digest of every other one.
SEAL = "sha256"


def sealed(evidence: Mapping[str, Json]) -> dict[str, Json]:
    """Return *evidence* with the SHA-256 of each of its entries under ``sha256``."""
    kept = {name: value for name, value in evidence.items() if name != SEAL}
    return {**kept, SEAL: {name: _digest(value) for name, value in kept.items()}}


def digests(evidence: Mapping[str, Json]) -> dict[str, str]:
    """Return the digests that a bundle holds, by the names of its entries."""
    told = evidence.get(SEAL)
    return {name: str(one) for name, one in told.items()} if isinstance(told, Mapping) else {}


def broken(evidence: Mapping[str, Json]) -> tuple[str, ...]:
    """Return the entries that are not what they were when the bundle was sealed."""
    told = digests(evidence)
    names = {*told, *evidence} - {SEAL}
    intact = {
        name for name in names if name in evidence and told.get(name) == _digest(evidence[name])
    }
    return tuple(sorted(names - intact))


def _digest(value: Json) -> str:
    """Return the SHA-256 of *value* as ASCII JSON, its keys sorted, without a space."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
