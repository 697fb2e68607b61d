from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from penstock.duration import Duration
from penstock.errors import Fault
from penstock.source import parse
from penstock.validation import Location, faults_of, sentences_of


class Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", populate_by_name=True)


class Level(StrEnum):
    LOW = "Low"
    HIGH = "High"


class KeyValues(Model):
    type: Literal["KeyValues"]
    match_any: bool = False
    conditions: list[str]


class Jexl(Model):
    type: Literal["Jexl"]
    expression: str


class Field_(Model):  # noqa: N801 - pydantic's Field has the name
    name: str
    value: str | list[str] = ""


def _no_spaces(text: str) -> str:
    if " " in text:
        raise ValueError("must not hold spaces; write '_'")
    if text == "bad":
        raise ValueError("'bad' is never right")
    return text


class Spec(Model):
    project_key: Annotated[str, AfterValidator(_no_spaces)]
    retries: Annotated[int, Field(ge=0, lt=10)] = 0
    ratio: Annotated[float, Field(gt=0, le=1)] = 1
    strict: bool = True
    level: Level = Level.LOW
    only: Literal["one"] = "one"
    port: Literal[80, 443] = 80
    timeout: Duration = 600
    url: AnyHttpUrl | None = None
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]+$", min_length=2, max_length=4)] = "AB"
    fields: list[Field_] = []
    few: Annotated[list[str], Field(min_length=1, max_length=2)] = ["x"]
    tags: dict[Annotated[str, StringConstraints(pattern="^[a-z]+$")], int] = {}
    criteria: Annotated[KeyValues | Jexl, Field(discriminator="type")] | None = None
    either: KeyValues | Jexl | None = None
    target: str | Sequence[Field_] | None = None
    by_name: dict[str, Field_] = {}
    from_: str = Field("", alias="from")
    to: str = Field("", validation_alias="transitionTo")
    pair: tuple[int, str] = (0, "")

    @model_validator(mode="after")
    def _one_of_two(self) -> "Spec":
        if self.from_ and self.to:
            raise ValueError("only one of `from` and `transitionTo` can be given")
        return self


def faults(yaml: str, **options: object) -> list[str]:
    """Return the faults of a spec below ``step: spec:``, without the file's name."""
    lines = "".join(f"    {line}\n" for line in yaml.splitlines())
    source = parse(f"step:\n  spec:\n{lines}", "f")
    assert isinstance(source.value, dict) and isinstance(source.value["step"], dict)
    options.setdefault("model", Spec)
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate(source.value["step"]["spec"])
    found = faults_of(caught.value, source, ("step", "spec"), **options)  # type: ignore[arg-type] # any of them
    return [str(fault).removeprefix("f:") for fault in found]


KEY = "projectKey: REL\n"


@pytest.mark.parametrize(
    ("yaml", "fault"),
    [
        ("retries: 1", "2:3: `projectKey` is required"),
        (KEY + "projectkey: X", "4:5: unknown key `projectkey`; did you mean 'projectKey'?"),
        (KEY + "transitionto: X", "4:5: unknown key `transitionto`; did you mean 'transitionTo'?"),
        (
            KEY + "fields:\n  - {name: a, valu: b}",
            "5:19: unknown key `valu`; did you mean 'value'?",
        ),
        (KEY + "fields:\n  - {zzz: b, name: a}", "5:10: unknown key `zzz`; known: name, value"),
        (KEY + "fields:\n  - value: b", "5:9: `name` is required"),
        (KEY + "byName: {x: {nam: y, name: z}}", "4:18: unknown key `nam`; did you mean 'name'?"),
        (
            KEY + "target: [{nme: a, name: b}]",
            "4:15: unknown key `nme`; did you mean 'name'?",
        ),
        # types
        ("projectKey: [a]", "3:17: `projectKey` must be text, not a list"),
        ("projectKey: {a: b}", "3:17: `projectKey` must be text, not a mapping"),
        ("projectKey:", "3:16: `projectKey` must be text, but it is empty"),
        (KEY + "retries: many", "4:14: `retries` must be a whole number, not 'many'"),
        (KEY + "retries: 1.5", "4:14: `retries` must be a whole number, not '1.5'"),
        (KEY + f"retries: {'9' * 5000}", "4:14: `retries` must be a whole number"),
        (KEY + "ratio: x", "4:12: `ratio` must be a number, not 'x'"),
        (KEY + "strict: maybe", "4:13: `strict` must be true or false, not 'maybe'"),
        (KEY + "fields: x", "4:13: `fields` must be a list; begin each item with '- '"),
        (
            KEY + "fields: [x]",
            "4:14: `fields[0]` must be a mapping; write 'key: value' lines, indented below it",
        ),
        (KEY + "tags: [x]", "4:11: `tags` must be a mapping, not a list; write 'key: value'"),
        (KEY + "url: nowhere", "4:10: `url` must be a URL, such as https://"),
        # choices
        (
            KEY + "level: low",
            "4:12: `level` must be one of Low, High, not 'low'; did you mean 'Low'?",
        ),
        (KEY + "level: Middling", "4:12: `level` must be one of Low, High, not 'Middling'"),
        (KEY + "only: two", "4:11: `only` must be one, not 'two'"),
        (KEY + f"only: {'two' * 50}", "4:11: `only` must be one"),
        (KEY + "port: 81", "4:11: `port` must be 80 or 443, not '81'"),
        (
            KEY + "criteria: {type: KeyValue}",
            "4:22: `type` must be one of KeyValues, Jexl, not 'KeyValue'; did you mean",
        ),
        (KEY + "criteria: {spec: x}", "4:5: `type` is required"),
        (KEY + "criteria: x", "4:15: `criteria` must be a mapping; write 'key: value' lines"),
        (
            KEY + "criteria: {type: Jexl, expression: x, expresion: y}",
            "4:43: unknown key `expresion`; did you mean 'expression'?",
        ),
        (
            KEY + "criteria: {type: Jexl, expression: x, condition: y}",
            "4:43: unknown key `condition`; known: type, expression",
        ),
        (KEY + "criteria: {type: Jexl}", "4:5: `expression` is required"),
        # limits
        (KEY + "retries: -1", "4:14: `retries` must be at least 0"),
        (KEY + "retries: 10", "4:14: `retries` must be less than 10"),
        (KEY + "ratio: 0", "4:12: `ratio` must be more than 0"),
        (KEY + "ratio: 2", "4:12: `ratio` must be at most 1"),
        (KEY + "code: A", "4:11: `code` needs 2 or more characters"),
        (KEY + "code: ABCDE", "4:11: `code` has more than 4 characters"),
        (KEY + "code: abc", "4:11: `code` does not match the pattern ^[A-Z]+$"),
        (KEY + "few: []", "4:10: `few` needs 1 or more entries"),
        (KEY + "few: [a, b, c]", "4:10: `few` has more than 2 entries"),
        (KEY + "tags: {A: 1}", "4:12: `A` does not match the pattern ^[a-z]+$"),
        # a validator's own text
        ("projectKey: a b", "3:17: `projectKey` must not hold spaces; write '_'"),
        ("projectKey: bad", "3:17: 'bad' is never right"),
        (KEY + "timeout: soon", "4:14: 'soon' is not a duration: valid durations contain units"),
        (
            KEY + "from: a\ntransitionTo: b",
            "3:5: only one of `from` and `transitionTo` can be given",
        ),
        # alternatives
        (KEY + "target: {a: b}", "4:13: `target` must be text or a list, not a mapping"),
        (KEY + "target: [{name: [a]}]", "4:21: `name` must be text, not a list"),
        (KEY + "target: [{}]", "4:14: `name` is required"),
        (KEY + "pair: [x, y]", "4:12: `pair[0]` must be a whole number, not 'x'"),
    ],
)
def test_an_error_becomes_a_plain_sentence_at_its_place(yaml: str, fault: str) -> None:
    found = faults(yaml)
    assert len(found) == 1
    assert found[0].startswith(fault)


def test_all_errors_become_faults() -> None:
    found = faults("retries: x\nfields:\n  - {name: a, b: c}\n  - {}\nstrict: [no]\n")
    assert [fault.split(": ")[1].split(";")[0] for fault in found] == [
        "`projectKey` is required",
        "`retries` must be a whole number, not 'x'",
        "`strict` must be true or false, not a list",
        "unknown key `b`",
        "`name` is required",
    ]


def test_the_members_of_a_plain_union_are_told_apart_by_their_names() -> None:
    found = faults(KEY + "either: {type: Jexl, expression: x, expresion: y}")
    assert "4:41: unknown key `expresion`; did you mean 'expression'?" in found


def test_without_a_model_an_unknown_key_is_named_all_the_same() -> None:
    assert faults(KEY + "projectkey: X", model=None) == ["4:5: unknown key `projectkey`; delete it"]


def test_a_value_that_may_be_a_secret_is_not_shown() -> None:
    found = faults(KEY + "code: hunter22\nurl: hunter22\nfields: hunter22\ntags: hunter22")
    assert len(found) == 4 and "hunter22" not in "".join(found)


def test_what_is_not_to_be_kept_is_left_out_but_for_keys() -> None:
    seen: list[Location] = []

    def keep(location: Location) -> bool:
        seen.append(location)
        return location != ("retries",)

    found = faults(
        "retries: <+x>\ncriteria: {type: <+y>}\nother: <+z>\ntarget: [{name: [a]}]", keep=keep
    )
    assert [fault.split(" ", 1)[1].split(" ")[0] for fault in found] == [
        "`projectKey`",
        "`type`",
        "`name`",
        "unknown",
    ]
    assert seen == [("retries",), ("criteria", "type"), ("target", 0, "name")]


def test_what_is_validated_may_be_the_whole_document() -> None:
    class Document(Model):
        connector: Spec

    source = parse("[]", "f")
    with pytest.raises(ValidationError) as caught:
        Document.model_validate(source.value)
    [fault] = faults_of(caught.value, source, model=Document)
    what = "the document must be a mapping, not a list"
    assert fault == Fault(what, "write 'key: value' lines, indented below it", "f", 1, 1)


def test_an_entry_of_a_list_without_a_key_is_named_by_its_index() -> None:
    class Entry(Model):
        after: Duration

    source = parse("- after: 1s\n- x\n", "f")
    with pytest.raises(ValidationError) as caught:
        Entry.model_validate(source.value[1])  # type: ignore[index] # it is a list
    [fault] = faults_of(caught.value, source, [1], model=Entry)
    assert str(fault).startswith("f:2:3: entry [1] must be a mapping")


def test_a_value_that_stands_in_no_file_gets_the_same_sentences() -> None:
    value = {"projectKey": "a b", "retries": "x", "zzz": 1, "fields": ({"name": None},)}
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate(value)
    assert sentences_of(caught.value, value, model=Spec) == [
        "`projectKey` must not hold spaces; write '_'",
        "`retries` must be a whole number, not 'x'",
        "`name` must be text, but it is empty",
        "unknown key `zzz`; known: projectKey, retries, ratio, strict, level, only, port, timeout,"
        " url, code and 10 more",
    ]


def test_an_error_about_a_value_that_the_document_does_not_hold_is_placed_above_it() -> None:
    source = parse("a:\n  projectKey: x\n", "f")
    with pytest.raises(ValidationError) as caught:
        Spec.model_validate({"projectKey": "x", "retries": "y"})
    [fault] = faults_of(caught.value, source, ["a"], model=Spec)
    assert (fault.line, fault.column) == (2, 3)
    assert fault.message.endswith("must be a whole number, not 'y'")
