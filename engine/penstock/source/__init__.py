"""YAML text as plain data that knows its lines; strict, so that nothing is guessed."""

from penstock.source.reading import Place, PlainText, Source, Value, parse, read, typed

__all__ = ["Place", "PlainText", "Source", "Value", "parse", "read", "typed"]
