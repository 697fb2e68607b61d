"""A tree put together from several files tells of each part where it was written."""

from penstock.source import Place, Woven, parse

OUTER = parse("a: {b: old}\nc: d\n", "outer.yaml")
INNER = parse("x:\n  - {y: new text}\n", "inner.yaml")
TREE = {"a": {"b": {"y": "new text", "z": "late"}}, "c": "d"}
LATE = parse("late: z\n", "late.yaml")


def woven() -> Woven:
    parts = {(): (OUTER, ()), ("a", "b"): (INNER, ("x", 0)), ("a", "b", "z"): (LATE, ("late",))}
    return Woven(TREE, "outer.yaml", parts)


def test_each_part_is_found_in_its_own_file():
    tree = woven()
    assert str(tree.fault(("c",), "m")) == "outer.yaml:2:4: m"
    assert str(tree.fault(("a", "b", "y"), "m", "h", offset=4)) == "inner.yaml:2:13: m; h"
    assert str(tree.fault(("a", "b", "y"), "m", key=True)) == "inner.yaml:2:6: m"
    assert tree.place(("a", "b", "z")) == Place(1, 7)
    assert [tree.file_of(path) for path in ((), ("a", "b", "y"), ("a", "b", "z", "q"))] == [
        "outer.yaml",
        "inner.yaml",
        "late.yaml",
    ]


def test_what_is_missing_in_a_part_stands_where_that_part_does():
    assert str(woven().fault(("a", "b", "none"), "m")) == "inner.yaml:2:5: m"


def test_a_tree_may_be_woven_again():
    again = Woven(
        {"top": TREE},
        "top.yaml",
        {(): (parse("top: x\n", "top.yaml"), ()), ("top",): (woven(), ())},
    )
    assert str(again.fault(("top", "a", "b", "y"), "m")) == "inner.yaml:2:9: m"
    assert again.file_of(("top", "c")) == "outer.yaml"
    assert repr(again) == "Source('top.yaml')"
