"""The package as others use it: templates, reads, trees of values, deferred expressions."""

import subprocess
import sys
from datetime import UTC, datetime
from enum import IntEnum
from types import MappingProxyType

import pytest

import penstock.expressions
from penstock.events import Status
from penstock.expressions import (
    ExpressionError,
    Names,
    Read,
    has_expression,
    parse,
    parse_criterion,
    render_tree,
)
from penstock.secret import Secret


class Lazy(dict[str, object]):
    """A mapping that finds a value when it is asked for it."""

    def __missing__(self, name: str) -> object:
        if name == "wrong":
            raise ExpressionError("the variable refers to itself")
        if name.startswith("no"):
            raise KeyError(name)
        return f"the {name}"


def names() -> Names:
    return Names(
        {
            "pipeline": {"name": "P", "variables": Lazy()},
            "status": Status.SUCCEEDED,
            "pair": (1, "x"),
        },
        lambda: datetime(2026, 1, 31, tzinfo=UTC),
        lambda reference: Secret("hunter2-hunter2", reference),
    )


def test_all_is_sorted_and_complete() -> None:
    exported = penstock.expressions.__all__
    assert exported == sorted(exported)
    assert all(hasattr(penstock.expressions, name) for name in exported)


def test_jinja_is_imported_when_the_first_text_is_parsed() -> None:
    program = (
        "import sys, penstock.expressions as e; assert 'jinja2' not in sys.modules;"
        "e.parse('plain'); assert 'jinja2' not in sys.modules; e.parse('{{ 1 }}');"
        "assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.parametrize(
    ("text", "literal", "lone"),
    [
        ("", True, False),
        ("plain", True, False),
        ("<+a>", False, True),
        ("{{ a }}", False, True),
        ("<+a> ", False, False),
        ("<+a><+b>", False, False),
    ],
)
def test_a_template_knows_whether_it_is_literal_or_lone(
    text: str, literal: bool, lone: bool
) -> None:
    template = parse(text)
    assert (template.text, template.is_literal, template.is_lone) == (text, literal, lone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain {x} a < b ${#y}", False),
        ("", False),
        ("<+input>", True),
        ("a <+x", True),
        ("{{ x }}", True),
        ("{% x", True),
        ("{# x #}", True),
        ("{# x", False),
    ],
)
def test_has_expression_says_whether_parsing_finds_more_than_text(
    text: str, expected: bool
) -> None:
    assert has_expression(text) is expected
    if not expected:
        assert parse(text).render(names()) == text


def test_one_text_is_parsed_once() -> None:
    assert parse("<+once.only>") is parse("<+once.only>")
    long = "x" * 9_000 + "<+once.only>"
    assert parse(long) is not parse(long)
    assert parse(long) == parse(long)


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("plain", ()),
        ("a <+x.y> {{ z }}", (Read(("x", "y"), 4), Read(("z",), 12))),
        ('<+<+a.b> == "<+c>" ? d[0].e : f["g"].h>', None),
        ("<+a[b.c].d>", (Read(("a",), 2), Read(("b", "c"), 4))),
        ("<+a.b.split(c)[0].d>", (Read(("a", "b"), 2), Read(("c",), 12))),
        ("<+a.get('b').get(c).d>", (Read(("a", "b"), 2), Read(("c",), 17))),
        ("{{ a.b | default(c) }}", (Read(("a", "b"), 3, optional=True), Read(("c",), 17))),
        ("{{ a is defined and b is none }}", (Read(("a",), 3, optional=True), Read(("b",), 20))),
        ("<+a ?: b>", (Read(("a",), 2, optional=True), Read(("b",), 7))),
        ('<+secrets.getValue("<+a>")>', (Read(("a",), 22),)),
        ("<+currentDate().plusDays(n)>", (Read(("n",), 25),)),
        ("<+[a, -b, !c]>", (Read(("a",), 3), Read(("b",), 7), Read(("c",), 11))),
    ],
)
def test_reads_are_the_constant_look_ups_with_their_places(
    text: str, reads: tuple[Read, ...] | None
) -> None:
    found = parse(text).reads
    if reads is None:
        assert [read.path for read in found] == [("a", "b"), ("c",), ("d",), ("f", "g", "h")]
    else:
        assert found == reads


def test_a_criterion_tells_its_reads_too() -> None:
    reads = parse_criterion('<+issue.A> == "<+x.y>"').reads
    assert reads == (Read(("issue", "A"), 2), Read(("x", "y"), 17))


def test_values_are_asked_for_only_when_they_are_read() -> None:
    assert parse("<+pipeline.variables.version>").render(names()) == "the version"
    with pytest.raises(ExpressionError, match="refers to itself"):
        parse("<+pipeline.variables.wrong>").render(names())
    with pytest.raises(ExpressionError, match="'nope' is not there"):
        parse("<+pipeline.variables.nope>").render(names())


def test_what_comes_out_is_plain_json() -> None:
    status = parse("<+status>").render(names())
    assert type(status) is str
    assert status == "Succeeded"
    assert parse("<+status>!").render(names()) == "Succeeded!"
    assert parse("<+status == 'Succeeded'>").render(names()) is True
    assert parse("<+pair>").render(names()) == [1, "x"]


def test_a_tree_is_rendered_with_its_keys_left_alone() -> None:
    tree = {"<+a>": ["x", "<+pipeline.name>", {"n": 1, "t": ("{{ status }}",)}], "none": None}
    assert render_tree(tree, names()) == {
        "<+a>": ["x", "P", {"n": 1, "t": ["Succeeded"]}],
        "none": None,
    }
    secret = render_tree('<+secrets.getValue("x")>', names())
    assert isinstance(secret, Secret)


def test_an_error_in_a_tree_says_where_it_is() -> None:
    with pytest.raises(ExpressionError, match="'nme' is not there") as caught:
        render_tree({"fields": [{"value": "ok"}, {"value": "a <+pipeline.nme>"}]}, names())
    assert caught.value.path == ("fields", 1, "value")  # type: ignore[attr-defined]  # see render_tree
    assert caught.value.offset == 4


def test_a_tree_that_is_too_deep_is_refused() -> None:
    tree: object = "<+x>"
    for _ in range(500):
        tree = [tree]
    with pytest.raises(ExpressionError, match="nested too deep"):
        render_tree(tree, names())


class Level(IntEnum):
    """A number with a name."""

    HIGH = 3


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("level + 1", 4),
        ("level", 3),
        ("level == 3.0", True),
        ("level ~ ''", "3"),
        ("range", [0, 1, 2]),
        ("range.contains(2)", True),
        ("lazy.size() == proxy.size()", False),
        ("proxy == other", True),
        ("proxy", {"a": 1}),
        ("status in ['Succeeded']", True),
    ],
)
def test_subclasses_and_other_mappings_and_sequences_are_what_they_are_like(
    expression: str, expected: object
) -> None:
    values = {
        "level": Level.HIGH,
        "range": range(3),
        "lazy": Lazy(),
        "proxy": MappingProxyType({"a": 1}),
        "other": {"a": 1.0},
        "status": Status.SUCCEEDED,
    }
    result = parse(f"<+{expression}>").render(Names(values, names().now))
    assert result == expected
