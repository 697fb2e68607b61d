"""YAML text as plain data that knows its lines; strict, so that nothing is guessed."""

from penstock.source.reading import Place, PlainText, Source, Value, parse, read, typed
from penstock.source.woven import Part, Woven

__all__ = ["Part", "Place", "PlainText", "Source", "Value", "Woven", "parse", "read", "typed"]
