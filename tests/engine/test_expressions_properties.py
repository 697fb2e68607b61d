"""What holds for every text and every value, tried with many."""

import time
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.expressions import (
    Absent,
    Deferred,
    ExpressionError,
    Names,
    has_expression,
    literal,
    parse,
    parse_criterion,
)
from penstock.verdict import Condition

NOW = datetime(2026, 1, 31, tzinfo=UTC)
VALUES = {"a": {"b": "x", "c": [1, 2.5, None], "d": True}, "n": 3, "t": "text"}
MANY = settings(max_examples=300, deadline=None, derandomize=True)

#: Pieces that meet in real expressions, and in broken ones.
PIECES = st.sampled_from(
    [
        *("<+", ">", "{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", '"', "'", "\\", " "),
        *(".", ",", "?", ":", "!", "&&", "||", "==", "!=", "<", "<=", ">=", "=~", "+", "-", "*"),
        *("/", "~", "|", "%", "=", "\n", "\x00", "\u00a0", "é", "😀", "\ud800", "\\u00e9"),
        *("a", "a.b", "a.c[1]", "n", "t", "nope", "1", "2.5", "007", '"s"', "'q'", "true", "null"),
        *(" and ", " or ", " not ", " in ", " is ", " if ", " else ", " eq ", " gt ", "defined"),
        *("default", "upper", "tojson", ".split", ".get", ".size()", ".b", '."b"', "__class__"),
        *("currentDate()", 'secrets.getValue("x")', "(a)", "[a]", "|default(1)", ".contains("),
        *(
            'json.select("',
            "json.list(t,",
            'json.object("',
            "json.format(",
            "expression.isResolved(",
        ),
        *(
            'regex.replace("',
            'regex.match("',
            '", t)',
            '", "$1", t)',
            "a.*",
            "..b",
            "[*]",
            "(a)(b)?",
        ),
    ]
)
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=30).map("".join),
    st.lists(PIECES, max_size=20).map(lambda pieces: f"<+{''.join(pieces)}>"),
    st.lists(PIECES, max_size=20).map(lambda pieces: f"{{{{{''.join(pieces)}}}}}"),
).map(lambda text: text[:200])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def names(values: dict[str, object] | None = None) -> Names:
    return Names(VALUES if values is None else values, lambda: NOW)


@MANY
@given(TEXTS)
def test_any_text_renders_or_raises_an_expression_error_quickly(text: str) -> None:
    began = time.process_time()
    complaint = None
    try:
        template = parse(text)
        template.render(names())
        assert template.is_literal is not has_expression(text)
    except ExpressionError as error:
        complaint = error
    assert complaint is None or (has_expression(text) and 0 <= complaint.offset <= len(text))
    assert time.process_time() - began < 1


@MANY
@given(TEXTS)
def test_any_criterion_is_judged_or_raises_an_expression_error_quickly(text: str) -> None:
    began = time.process_time()
    complaint = None
    try:
        criterion = Deferred(text)
        parse_criterion(text)
        assert criterion.fields("a") is not None
        assert criterion.judge({"a": VALUES["a"]}, now=lambda: NOW).truth in {True, False, None}
    except ExpressionError as error:
        complaint = error
    assert complaint is None or 0 <= complaint.offset <= len(text)
    assert time.process_time() - began < 1


@MANY
@given(st.one_of(TEXTS, st.text()))
def test_a_text_among_the_values_comes_back_verbatim(data: str) -> None:
    seen = names({"x": {"summary": data}})
    for text in ("<+x.summary>", "{{ x.summary }}", "<+<+x.summary>>", '{{ x["summary"] ~ "" }}'):
        assert parse(text).render(seen) == data
    assert parse("[<+x.summary>]").render(seen) == f"[{data}]"


@MANY
@given(JSON)
def test_a_lone_value_keeps_its_type_and_its_content(value: object) -> None:
    result = parse("<+x.y>").render(names({"x": {"y": value}}))
    assert result == value
    assert type(result) is type(value)
    assert parse("<+(x.y == z.y)>").render(names({"x": {"y": value}, "z": {"y": value}})) is True


@MANY
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_quoted_text_says_what_is_in_it(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert parse(f'{{{{ "{quoted}" }}}}').render(names()) == text


FIELDS = ("A", "B", "C")
ATOMS = st.sampled_from(
    [
        *(f"<+issue.{field}>" for field in FIELDS),
        *(f'<+issue.{field}> == "x"' for field in FIELDS),
        *(f"<+issue.{field}> != <+issue.{other}>" for field in FIELDS for other in FIELDS),
        *(f"<+issue.{field}> == null" for field in FIELDS),
        *(f"<+issue.{field}> is defined" for field in FIELDS),
        *(f"<+issue.{field}> is not none" for field in FIELDS),
        *(f'<+issue.{field}> | default("x") == "x"' for field in FIELDS),
        *(f'(<+issue.{field}> ?: "x") == "x"' for field in FIELDS),
        *(f"<+issue.{field}> > 1" for field in FIELDS),
        *(f'<+issue.{field}>.contains("x")' for field in FIELDS),
        *(f'issue.containsKey("{field}")' for field in FIELDS),
        *(f'"{field}" not in issue' for field in FIELDS),
        *(f'<+issue.{field}> ~ "" == "x"' for field in FIELDS),
        *(f'<+issue.{field}> =~ "x.*"' for field in FIELDS),
        *(f"[<+issue.{field}>, 1].contains(1)" for field in FIELDS),
        *(f"expression.isResolved(<+issue.{field}>)" for field in FIELDS),
        *(f"expression.isUnresolved(<+issue.{field}.E>)" for field in FIELDS),
        *(f'regex.match("x", <+issue.{field}>)' for field in FIELDS),
        *(f'json.select("E", <+issue.{field}>)' for field in FIELDS),
        *(f'json.format(<+issue.{field}>) == "2"' for field in FIELDS),
        *('json.list("*", issue).size() == 3', 'json.select("A", issue) == "x"'),
        *("true", "false", "issue.size() > 2", "issue == null", "issue.isEmpty()", "issue.D.E"),
    ]
)
CRITERIA = st.recursive(
    ATOMS,
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} && {pair[1]})")
        | st.tuples(inner, inner).map(lambda pair: f"({pair[0]} || {pair[1]})")
        | inner.map(lambda one: f"!({one})")
        | st.tuples(inner, inner, inner).map(lambda three: "({} ? {} : {})".format(*three))
        | st.tuples(inner, inner).map(lambda pair: f"(({pair[0]}) == ({pair[1]}))")
    ),
    max_leaves=5,
)
FIELD_VALUES = st.sampled_from(
    [True, False, "x", "y", "", 2, 2.0, None, [], ["x"], {"E": True}, Absent("f", "empty", True)]
)
ISSUES = st.fixed_dictionaries(dict.fromkeys(FIELDS, FIELD_VALUES))


def truth(text: str, issue: dict[str, object]) -> bool | None:
    return Deferred(text).judge({"issue": issue}, now=lambda: NOW).truth


@MANY
@given(CRITERIA, ISSUES, st.sets(st.sampled_from(FIELDS)))
def test_a_field_that_is_missing_never_makes_a_criterion_true_or_false(
    text: str, issue: dict[str, object], lost: set[str]
) -> None:
    known = truth(text, issue)
    gone = {name: value for name, value in issue.items() if name not in lost}
    absent = {
        name: Absent(name, "gone", empty=False) if name in lost else value
        for name, value in issue.items()
    }
    for less in (gone, absent):
        assert truth(text, less) in {known, None}


@MANY
@given(CRITERIA, ISSUES)
def test_a_criterion_is_judged_the_same_as_a_tree_and_as_one_leaf(
    text: str, issue: dict[str, object]
) -> None:
    assert truth(text, issue) is truth(f"({text}) ? true : false", issue)


TRUTHS = st.sampled_from(["true", "false", "issue.Nope"])


@MANY
@given(TRUTHS, TRUTHS, TRUTHS)
def test_the_laws_of_kleene_hold(a: str, b: str, c: str) -> None:
    pairs = [
        (f"{a} && {b}", f"{b} && {a}"),
        (f"{a} || {b}", f"{b} || {a}"),
        (f"!({a} && {b})", f"!{a} || !{b}"),
        (f"!({a} || {b})", f"!{a} && !{b}"),
        (f"({a} && {b}) && {c}", f"{a} && ({b} && {c})"),
        (f"({a} || {b}) || {c}", f"{a} || ({b} || {c})"),
        (f"{a} && ({b} || {c})", f"({a} && {b}) || ({a} && {c})"),
        (f"{a} || ({b} && {c})", f"({a} || {b}) && ({a} || {c})"),
        (f"!!{a}", a),
        (f"{a} && true", a),
        (f"{a} || false", a),
        (f"{a} && false", "false"),
        (f"{a} || true", "true"),
    ]
    for left, right in pairs:
        assert truth(left, {}) is truth(right, {})
        assert truth(f"({left}) ? true : false", {}) is truth(right, {})


@MANY
@given(CRITERIA, ISSUES)
def test_the_truth_of_a_branch_follows_from_its_parts(text: str, issue: dict[str, object]) -> None:
    def check(condition: Condition) -> None:
        truths = [part.truth for part in condition.parts]
        match condition.combine:
            case "all":
                expected = False if False in truths else None if None in truths else True
            case "any":
                expected = True if True in truths else None if None in truths else False
            case "not":
                expected = None if truths == [None] else not truths[0]
            case _:
                assert condition.truth is not None or condition.why
                return
        assert condition.truth is expected
        for part in condition.parts:
            check(part)

    check(Deferred(text).judge({"issue": issue}, now=lambda: NOW))


@MANY
@given(TEXTS.map(lambda text: text.replace("\ud800", "")))
def test_a_literal_renders_to_the_text_it_was_made_of(text: str) -> None:
    assert parse(literal(text)).render(Names({}, lambda: NOW)) == text


def test_a_long_literal_renders_to_itself() -> None:
    for text in ("{{" * 5000, "<+x " * 5000, "{<" * 4000 + "+"):
        assert parse(literal(text)).render(Names({}, lambda: NOW)) == text
