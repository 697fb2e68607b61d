"""Harness's functions: JSON, patterns, the clock, and whether a name is there."""

from datetime import UTC, datetime

import pytest

from penstock.expressions import Absent, Deferred, ExpressionError, Names, Read, SecretRead, parse
from penstock.secret import Secret

NOW = datetime(2026, 12, 24, 20, tzinfo=UTC)
BODY = (
    '{"key": "REL-1", "count": 2, "open": true, "none": null, "data": {"items": ['
    '{"id": 1, "name": "a"}, {"id": 2}], "x-y z": "odd", "http://a": "url", "": "empty"},'
    ' "big": 123456789012345678901, "summary": "{{ 7*7 }} <+pipeline.name>"}'
)
VALUES: dict[str, object] = {
    "body": BODY,
    "tree": {"a": [{"b": 1}, {"b": [2, {"b": 3}]}], "nothing": None},
    "one": [{"id": 7}],
    "nothing": None,
    "empty": "",
    "half": "\ud800",
    "rpm": "build-webservices-3935-0.noarch.rpm",
    "secret": Secret("hunter22", "account.x"),
    "number": 3,
    "word": "REL-1",
    "path": "data.items[0].id",
}


def names(values: dict[str, object] | None = None) -> Names:
    return Names(VALUES if values is None else values, lambda: NOW)


def render(text: str) -> object:
    return parse(text).render(names())


def refusal(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        render(text)
    return caught.value


# JSON


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("key", "REL-1"),
        ("$.key", "REL-1"),
        (" key ", "REL-1"),
        ("count", 2),
        ("open", True),
        ("none", None),
        ("data.items[0].name", "a"),
        ("data.items[-1].id", 2),
        ("$.data.items.[1].id", 2),
        ("$['data']['items'][0]['id']", 1),
        ('data["x-y z"]', "odd"),
        ('data[""]', "empty"),
        ("data.http://a", "url"),
        ("data.x-y z", "odd"),
        ("data.items[*].id", [1, 2]),
        ("data.items[*].name", "a"),
        ("data.items.*.id", [1, 2]),
        ("$.data.items", [{"id": 1, "name": "a"}, {"id": 2}]),
        ("$..id", [1, 2]),
        ("..name", "a"),
        ("$..items[0].id", 1),
        ("$..nowhere", []),
        ("data.items[7:][0]", ExpressionError),
    ],
)
def test_a_path_leads_into_json(path, value):
    quoted = path.replace("'", "\\'")
    text = f"<+json.select('{quoted}', body)>"
    if value is ExpressionError:
        assert "slices" in str(refusal(text))
    else:
        assert render(text) == value
        assert type(render(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('<+json.select("$", body).key>', "REL-1"),
        ('<+json.select("key", <+body>)>', "REL-1"),
        ('{{ json.select("key", body) }}', "REL-1"),
        ('Ticket <+json.select("key", body)>!', "Ticket REL-1!"),
        ('"<+json.select("key", body)>"', '"REL-1"'),
        ("<+json.select(path, body)>", 1),
        ('<+json.select("a[*].b", tree)>', [1, [2, {"b": 3}]]),
        ('<+json.select("$..b", tree)>', [1, [2, {"b": 3}], 3]),
        ('<+json.select("..[0]", tree)>', [{"b": 1}, 2]),
        ('<+json.select("[0].id", one)>', 7),
        ('<+json.select("[*].id", one)>', 7),
        ('<+json.list("[*].id", one)>', [7]),
        ('<+json.list("$", "[1, 2]")>', [1, 2]),
        ('<+json.list("data.items", body).size()>', 2),
        ('<+json.list("$..id", body).contains(2)>', True),
        ("<+json.object(body).data.items[0].id>", 1),
        ('<+json.object(body).get("key")>', "REL-1"),
        ('<+json.object("[1]")[0]>', 1),
        ("<+json.object(tree).a[0].b>", 1),
        ("<+json.format(tree)>", '{"a":[{"b":1},{"b":[2,{"b":3}]}],"nothing":null}'),
        ("<+json.format(word)>", '"REL-1"'),
        ("<+json.object(json.format(tree)) == tree>", True),
        # What comes out is never evaluated.
        ('<+json.select("summary", body)>', "{{ 7*7 }} <+pipeline.name>"),
        ("x <+json.object(body).summary>", "x {{ 7*7 }} <+pipeline.name>"),
    ],
)
def test_json_is_read_and_written(text, value):
    assert render(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<+json.select("kye", body)>', "'kye' is not there; did you mean 'key'?"),
        ('<+json.select("data.items[2]", body)>', "the list has 2 items, and none at 2"),
        ('<+json.select("data.items[-3]", body)>', "the list has 2 items, and none at -1"),
        ('<+json.select("key.x", body)>', "text 'REL-1' has nothing called 'x' in it"),
        ('<+json.select("key", word)>', "text 'REL-1' is not JSON: Expecting value: line 1"),
        ('<+json.select("key", number)>', "JSON is needed here, not the number 3"),
        ('<+json.select("key", secret)>', "JSON is needed here, not a secret"),
        ("<+json.select(number, body)>", "text is needed here, not the number 3"),
        ('<+json.list("key", body)>', "text 'REL-1' is not a list; write json.select for one"),
        ('<+json.object("NaN")>', "is not JSON: NaN is no JSON"),
        ('<+json.select("a", "{\\"a\\": 1e999}")>', "the number is not finite"),
        ('<+json.select("big", body)>', "more than 64 bits"),
        ("<+json.format(secret)>", "a secret cannot be used here"),
        ("<+json.object(empty)>", "is not JSON"),
        # Found before anything is evaluated:
        ('<+json.selct("a", nowhere)>', "no function 'json.selct'; did you mean 'select'?"),
        ('<+json.select("a")>', "'select' takes 2 arguments, not 1"),
        ("<+json.key>", "'json' has functions only; write json.format(…) or json.list(…, …)"),
        ('<+json["key"]>', "'json' has functions only"),
        ('<+xml.select("//a", nowhere)>', "XML is not read here; let the step before leave JSON"),
        ('<+json.select("a[?(@.b==1)]", nowhere)>', "filters are not part of the language"),
        ('<+json.select("a[0,1]", nowhere)>', "slices and lists of names are not part"),
        ('<+json.select("a.length()", nowhere)>', "functions are not part of a path"),
        ('<+json.select("a[", nowhere)>', "the path 'a[' cannot be read from '[' on"),
        ('<+json.select("a..", nowhere)>', "cannot be read from '..' on; write names with dots"),
        ('<+json.select("a...b", nowhere)>', "cannot be read from '...b' on"),
        ('<+json.select(".a", nowhere)>', "cannot be read from '.a' on"),
        ('<+json.select("$a", nowhere)>', "cannot be read from 'a' on"),
        ('<+json.select("a[x]", nowhere)>', "cannot be read from '[x]' on"),
    ],
)
def test_json_that_cannot_be_read_is_refused_in_words(text, words):
    assert words in str(refusal(text))


def test_what_is_not_there_can_be_allowed_for():
    assert render('<+json.select("kye", body) ?: "none">') == "none"
    assert render('{{ json.select("kye", body) | default("none") }}') == "none"
    assert render('<+expression.isResolved(json.select("kye", body))>') is False


def test_a_path_that_cannot_be_followed_has_its_place():
    with pytest.raises(ExpressionError) as caught:
        parse('x <+json.select("a[?(1)]", nowhere)>')
    assert caught.value.offset == 16


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 50_000, "[" * 2_000 + "]" * 2_000])
def test_json_that_is_nested_too_deep_is_refused(text):
    with pytest.raises(ExpressionError, match="nested too deep"):
        parse("<+json.object(x)>").render(names({"x": text}))


@pytest.mark.parametrize(
    ("body", "text", "words"),
    [
        (" " * 262_145, "json.object(x)", "longer than 262144 characters"),
        ("9" * 5000, "json.object(x)", "a number in it has 5000 digits"),
        ("[" + "1," * 10_000 + "1]", 'json.select("[*]", x)', "through more than 10000 values"),
        ("[" + "1," * 10_000 + "1]", 'json.select("..a", x)', "through more than 10000 values"),
        ("[" + "1," * 10_000 + "1]", 'json.list("$", x)', "larger than 10000 items"),
        ("x" * 8_193, "json.select(x, x)", "the path is longer than 8192 characters"),
        ("{}", f'json.select("{".a" * 41}", x)'.replace('".', '"'), "more than 40 steps"),
        ('{"a": "' + "\\\\" * 100_000 + '"}', "json.object(x).b", "'b' is not there"),
    ],
)
def test_json_has_its_bounds(body, text, words):
    with pytest.raises(ExpressionError, match=words):
        parse(f"<+{text}>").render(names({"x": body}))


# Patterns


@pytest.mark.parametrize(
    ("text", "value"),
    [
        # Harness's own examples, with the one that finds nothing at first.
        ('<+regex.extract("[0-9]*", rpm)>', "3935"),
        ('<+regex.extract("[0-9]+", rpm)>', "3935"),
        ('<+regex.extract("[A-Z]+", rpm)>', ""),
        ('<+regex.extract("REL-\\d+", "see REL-12 and REL-13")>', "REL-12"),
        ('<+regex.match("[0-9]{4}", rpm)>', True),
        ('<+regex.match("^[0-9]", rpm)>', False),
        ('<+regex.match("", empty)>', True),
        ('<+regex.replace("[0-9]+", "#", rpm)>', "build-webservices-#-#.noarch.rpm"),
        ('<+regex.replace("(\\w+)-(\\d+)", "$2/$1", word)>', "1/REL"),
        ('<+regex.replace("(?P<p>\\w+)-", "${p}_", word)>', "REL_1"),
        ('<+regex.replace("(R)(x)?", "[$2$1$0]", word)>', "[RR]EL-1"),
        ('<+regex.replace("(R)", "$12", word)>', "R2EL-1"),
        ('<+regex.replace("-", "\\$1\\\\\\\\", word)>', "REL$1\\1"),
        ('<+regex.replace("x*", "-", "ab")>', "-a-b-"),
        ('<+regex.replace("é", "e", "éxé😀")>', "exe😀"),
        ('<+regex.replace("z", "y", word)>', "REL-1"),
        ('<+regex.replace("R", empty, word)>', "EL-1"),
        ('<+regex.extract("1", word).size() + 1>', 2),
        ('<+regex.extract(path.substring(0, 1) ~ ".", "data")>', "da"),
    ],
)
def test_patterns_are_found_and_replaced(text, value):
    assert render(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<+regex.extract("(", nowhere)>', "the pattern is not RE2: missing ): (; write \\ before"),
        ('<+regex.match("(?=a)", nowhere)>', "the pattern is not RE2"),
        ('<+regex.replace("(", "", nowhere)>', "the pattern is not RE2"),
        ('<+regex.find("a", nowhere)>', "there is no function 'regex.find'; known: extract, match"),
        ('<+regex.match("a", number)>', "text is needed here, not the number 3"),
        ('<+regex.match("a", half)>', "the text holds half a character"),
        ('<+regex.match(half, "a")>', "the pattern holds half a character"),
        ('<+regex.match("a", secret)>', "text is needed here, not a secret"),
        ('<+regex.replace("a", "$1", word)>', "the pattern has no group 1; write \\$ for a $"),
        ('<+regex.replace("a", "${x}", word)>', "the pattern has no group called 'x'"),
        ('<+regex.replace("a", "5 $", word)>', "'$' is no replacement; write \\$ for a $"),
        ('<+regex.replace("a", "\\\\", word)>', "is no replacement"),
        ('<+regex.replace("a", "b")>', "'replace' takes 3 arguments, not 2"),
        ('<+"a".replaceAll("a", "b")>', "there is no method 'replaceAll'; did you mean 'replace'?"),
    ],
)
def test_patterns_that_make_no_sense_are_refused_in_words(text, words):
    assert words in str(refusal(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('regex.replace("x", y, y)', "the result would have"),
        ('regex.replace("", "aaaaaaaa", y)', "more than 10000 times"),
        ('regex.replace("x", "y", y)', "more than 10000 times"),
        ('regex.extract("z*", y)', "more than 10000 times"),
        ('regex.replace("(x+)", "$1$1", y)', "the result would have"),
    ],
)
def test_a_replacement_has_its_bounds(text, words):
    with pytest.raises(ExpressionError, match=words):
        parse(f"<+{text}>").render(names({"y": "x" * 600_000}))


# The clock


def test_datetime_before_the_clock_changes_nothing():
    assert render("<+datetime.currentDate().plusDays(2)>") == "2026-12-26"
    assert render("<+datetime.currentTime()>") == "2026-12-24T20:00:00.000+0000"
    assert "'currentTime' takes 0 arguments" in str(refusal("<+datetime.currentTime(1)>"))
    assert "known: currentDate, currentTime" in str(refusal("<+datetime.now()>"))


@pytest.mark.parametrize(
    ("shift", "value"),
    [
        ("plusYears(1)", "2027-12-24T20:00:00.000+0000"),
        ("minusYears(1)", "2025-12-24T20:00:00.000+0000"),
        ("plusMonths(2)", "2027-02-24T20:00:00.000+0000"),
        ("minusMonths(12)", "2025-12-24T20:00:00.000+0000"),
        ("plusWeeks(1)", "2026-12-31T20:00:00.000+0000"),
        ("minusWeeks(1)", "2026-12-17T20:00:00.000+0000"),
        ("plusDays(8)", "2027-01-01T20:00:00.000+0000"),
        ("minusDays(24)", "2026-11-30T20:00:00.000+0000"),
        ("plusHours(5)", "2026-12-25T01:00:00.000+0000"),
        ("minusHours(21)", "2026-12-23T23:00:00.000+0000"),
        ("plusMinutes(90)", "2026-12-24T21:30:00.000+0000"),
        ("minusMinutes(1)", "2026-12-24T19:59:00.000+0000"),
        ("plusSeconds(1)", "2026-12-24T20:00:01.000+0000"),
        ("minusSeconds(1)", "2026-12-24T19:59:59.000+0000"),
        ("plusNanos(5000000)", "2026-12-24T20:00:00.005+0000"),
        ("minusNanos(1000000)", "2026-12-24T19:59:59.999+0000"),
    ],
)
def test_a_moment_is_moved_as_harness_moves_it(shift, value):
    assert render(f"<+currentTime().{shift}>") == value


# Whether a name is there


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("word", True),
        ("empty", True),
        ("tree.a[0].b", True),
        ("nothing", False),
        ("tree.nothing", False),
        ("tree.nothing.deeper", False),
        ("tree.nowhere", False),
        ("nowhere.at.all", False),
        ("<+nowhere>", False),
        ("<+<+word>>", True),
    ],
)
def test_whether_a_name_is_resolved(name, there):
    assert render(f"<+expression.isResolved({name})>") is there
    assert render(f"<+expression.isUnresolved({name})>") is not there


def test_what_stands_in_a_check_is_read_optionally():
    template = parse("<+expression.isResolved(<+a.b>) && expression.isUnresolved(c.size())>")
    assert template.reads == (Read(("a", "b"), 26, optional=True), Read(("c",), 59))


def test_an_error_that_is_no_absence_stays_one():
    assert "the list has 2 items" in str(refusal("<+expression.isResolved(tree.a[2])>"))
    assert "'isResolved' takes 1 argument" in str(refusal("<+expression.isResolved()>"))


@pytest.mark.parametrize(
    ("text", "truth"),
    [
        ("expression.isResolved(<+issue.Status>)", True),
        ("expression.isUnresolved(<+issue.Status>)", False),
        ("expression.isResolved(<+issue.Empty>)", False),
        ("expression.isUnresolved(<+issue.Empty>)", True),
        # A field that does not exist is unknown, and unknown approves nothing.
        ("expression.isResolved(<+issue.Sttus>)", None),
        ("expression.isUnresolved(<+issue.Sttus>)", None),
        ('regex.match("^Do", <+issue.Status>)', True),
        ('regex.match("^Do", <+issue.Empty>)', None),
        ('regex.match("^Do", <+issue.Sttus>)', None),
        ('json.select("env", <+issue.Notes>) == "prod"', True),
        ('json.select("region", <+issue.Notes>) == "prod"', None),
        ('json.select("evn", <+issue.Nested>) == "prod"', None),
        ('json.select("evn.x", <+issue.Nested>) == "prod"', None),
        ('json.select("..evn", <+issue.Nested>) == "prod"', None),
    ],
)
def test_functions_in_a_criterion_keep_what_is_unknown_unknown(text, truth):
    issue = {
        "Status": "Done",
        "Notes": '{"env": "prod"}',
        "Nested": {"env": "prod"},
        "Empty": Absent("Empty", "Empty is empty", empty=True),
    }
    assert Deferred(text).judge({"issue": issue}, now=lambda: NOW).truth is truth


def test_a_criterion_captures_what_its_functions_read():
    text = 'json.select("key", <+body>) == issue.Key && expression.isResolved(<+nowhere.x>)'
    kept = Deferred(text).capture(names(), "issue")
    assert kept.names == {"body": BODY}
    assert kept.judge({"issue": {"Key": "REL-1"}}, now=lambda: NOW).truth is False


def test_a_secret_is_found_inside_the_arguments_of_functions():
    text = '<+json.select("a", secrets.getValue("account.x"))>'
    assert parse(text).secrets == (SecretRead("account.x", 19),)
