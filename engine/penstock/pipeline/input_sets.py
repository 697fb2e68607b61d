"""Input sets: files that give values for the inputs of a pipeline (Harness: ``inputSet``)."""

from collections.abc import Mapping

from penstock.errors import Refused
from penstock.pipeline.input_form import START
from penstock.pipeline.inputs import Entry, entries
from penstock.pipeline.places import Path
from penstock.source import Source

__all__ = ["input_set_values"]

#: Keys that say which part of the pipeline is meant, and give no value.
_STRUCTURE = frozenset({"identifier", "key", "name", "type"})
_PIPELINE: Path = ("inputSet", "pipeline")


def input_set_values(source: Source, pipeline: Source | None = None) -> dict[str, Entry]:
    """Return the values of an input set file by input name; each knows where it stands.

    An entry that is an ``<+input>`` itself gives none. Raise ``Refused`` when the file is not an
    input set, or when it is one of another pipeline than the one of the file *pipeline*.
    """
    tree = source.value
    body = tree.get("inputSet") if isinstance(tree, dict) else None
    node = body.get("pipeline") if isinstance(body, dict) else None
    if not isinstance(node, dict):
        advice = "write `inputSet:` with a `pipeline:` that holds the values"
        raise Refused(source.fault((), "this is not an input set", advice))
    if pipeline is not None:
        _refuse_another(source, node, pipeline)
    return {
        name: entry
        for name, entry in entries(source, _PIPELINE, node)
        if entry.path[-1] not in _STRUCTURE and not entry.strip().startswith(START)
    }


def _refuse_another(source: Source, node: Mapping[str, object], pipeline: Source) -> None:
    """Refuse what names another pipeline; what names none is taken."""
    wanted, own = node.get("identifier"), _identifier(pipeline.value)
    if isinstance(wanted, str) and isinstance(own, str) and wanted != own:
        message = f"this input set is for the pipeline {wanted!r}, and {pipeline.file} is {own!r}"
        advice = "give the input set of this pipeline, or mend the identifier"
        raise Refused(source.fault((*_PIPELINE, "identifier"), message, advice))


def _identifier(tree: object) -> object:
    body = tree.get("pipeline", tree) if isinstance(tree, dict) else None
    return body.get("identifier") if isinstance(body, dict) else None
