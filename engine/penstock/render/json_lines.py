"""A run as JSON, one event a line, for programs."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import TextIO

from penstock.events import Event, GateLooked, GateUnavailable
from penstock.json_types import Json
from penstock.render.moments import iso
from penstock.render.output import Output

__all__ = ["JsonRenderer", "event_to_json", "json_line", "to_json"]


def event_to_json(event: Event) -> dict[str, Json]:
    """Return an event as JSON. The shape is part of the interface, and only ever grows.

    ``event`` is the kind (``step_started``), ``run`` the run's id, ``at`` the instant as
    ``2026-03-01T12:00:00.250Z``; the other keys are the fields of the event's class in
    ``penstock.events``, by their own names, whatever their value.
    """
    found: dict[str, Json] = {"event": event.kind, "run": event.run, "at": iso(event.at)}
    rest = (field.name for field in fields(event) if field.name not in found)
    return found | {name: to_json(getattr(event, name)) for name in rest}


def to_json(value: object) -> Json:
    """Return *value* as JSON: dataclasses by field, instants as ISO 8601, the unknown as text."""
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    return iso(value) if isinstance(value, datetime) else _scalar(value)


def _scalar(value: object) -> Json:
    if isinstance(value, Enum):
        return _scalar(value.value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    return str(value)  # of a float: Infinity and NaN are not JSON


def json_line(value: Mapping[str, Json]) -> str:
    """Return *value* as one line of ASCII that is safe on a terminal and in a CI log.

    ``##`` is written as an escape: some CI systems obey ``##vso[…]`` anywhere in a log.
    """
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text.replace("##", "\\u0023\\u0023").replace("\x7f", "\\u007f") + "\n"


class JsonRenderer:
    """Prints each event as a line of JSON; of a gate's looks only those that tell something new."""

    def __init__(self, stream: TextIO) -> None:
        """Take the stream to print to."""
        self._output = Output(stream)

    def show(self, event: Event) -> None:
        """Print the event's line."""
        if isinstance(event, (GateLooked, GateUnavailable)) and not event.changed:
            return
        self._output.write(json_line(event_to_json(event)))
        self._output.flush()

    def close(self) -> None:
        """Let the last line go out."""
        self._output.flush()
