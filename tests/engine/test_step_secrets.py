"""Secrets in specs: only where a step type allows them, and nowhere in what is kept or told."""

import json
from typing import ClassVar

import pytest
from pydantic import BaseModel, ValidationError

from penstock.connectors.secrets import SecretStore
from penstock.events import Status
from penstock.json_types import Json
from penstock.pipeline.preview import preview_steps
from penstock.run.secret_reads import secret_faults, secrets_read
from penstock.secret import MASK, Masker, Secret
from penstock.step import Outputs, Step, StepContext

VALUE = "hunter22"  # of every secret on the bench
USED: list[object] = []


class Entry(BaseModel):
    """One entry."""

    value: str | Secret


class Whisper(Step):
    """Takes secrets in its entries, prints what it is given, and leaves what it is told to."""

    type: ClassVar[str] = "Whisper"
    secret_keys: ClassVar[frozenset[str]] = frozenset({"entries.*.value", "word"})
    entries: tuple[Entry, ...] = ()
    word: str | Secret = ""
    plain: str = ""
    left: Json = None

    def run(self, context: StepContext) -> Outputs:
        USED.extend(entry.value for entry in self.entries)
        USED.append(self.word)
        context.log(f"using {context.secret('account.y').reveal()}")
        return {"left": self.left}


@pytest.fixture
def whisper(bench):
    USED.clear()
    bench.types["Whisper"] = Whisper
    bench.masker.add(VALUE)

    def run(spec, variables="[]"):
        step = f"- step: {{identifier: a, type: Whisper, spec: {spec}}}\n"
        say = "- step: {identifier: b, type: Say, spec: {text: '<+steps.a.spec.word>'}}\n"
        return bench.add(bench.pipeline(step + say, variables=variables))

    return run


def everything(bench, record):
    rows = [item.__dict__ for item in bench.journal.attempts(record.id)]
    return json.dumps(rows, default=str) + repr(bench.events) + record.plan


def test_a_secret_reaches_the_step_and_nothing_else(bench, whisper):
    spec = """{word: 'Bearer <+secrets.getValue("account.x")>', entries: [{value: plain},
        {value: <+pipeline.variables.token>}]}"""
    record = whisper(spec, "[{name: token, type: Secret, value: account.y}]")
    assert bench.carry(record) is Status.SUCCEEDED
    plain, token, word = USED
    assert plain == "plain"
    assert isinstance(token, Secret) and token.reveal() == VALUE
    assert isinstance(word, Secret) and word.reveal() == f"Bearer {VALUE}"
    first, second = bench.journal.attempts(record.id)
    assert first.spec["word"] == MASK
    assert first.spec["entries"] == [{"value": "plain"}, {"value": MASK}]
    assert second.outputs["said"] == MASK
    assert VALUE not in everything(bench, record)


def test_a_log_hides_secrets_where_it_is_told_and_where_it_is_kept(bench, whisper):
    record = whisper("{}")
    bench.carry(record)
    assert [event.text for event in bench.of_kind("step_logged")] == [f"using {MASK}"]
    assert (bench.logs / record.id / "s.a.log").read_text() == f"using {MASK}\n"


def test_a_secret_in_outputs_is_masked_before_a_later_step_reads_it(bench, whisper):
    record = whisper(f"{{word: x, left: {{deep: ['is {VALUE}', 7]}}}}")
    bench.carry(record)
    first = bench.journal.attempts(record.id)[0]
    assert first.outputs == {"left": {"deep": [f"is {MASK}", "7"]}}
    (note,) = bench.of_kind("step_noted")
    assert note.text == f"there was a secret in its outputs; it is {MASK} in them"
    assert VALUE not in repr(bench.events)


@pytest.mark.parametrize("key", ["plain", "left"])
@pytest.mark.parametrize("value", ['<+secrets.getValue("account.x")>', "<+variables.token>"])
def test_a_key_that_may_hold_no_secret_is_refused_as_ever(bench, whisper, key, value):
    text = bench.pipeline(
        f"- step: {{identifier: a, type: Whisper, spec: {{{key}: '{value}'}}}}\n",
        variables="[{name: token, type: Secret, value: account.y}]",
    )
    (fault,) = bench.faults(text)
    assert "would be written in the open; secrets belong into connectors" in fault


@pytest.mark.parametrize(
    ("reference", "message"),
    [("a.b.c", "Invalid Identifier Reference 'a.b.c'"), ("org.x", "cannot be used at account")],
)
def test_a_secret_out_of_reach_is_refused_with_its_place(bench, whisper, reference, message):
    word = f"<+secrets.getValue('{reference}')>"
    text = bench.pipeline(
        f'- step: {{identifier: a, type: Whisper, spec: {{word: "{word}"}}}}\n',
    )
    (fault,) = bench.faults(text)
    assert message in fault


def test_a_plan_names_the_secret_and_shows_no_value(bench, whisper):
    plan = bench.plan(
        bench.pipeline(
            "- step: {identifier: a, type: Whisper, spec: "
            "{word: 'x <+secrets.getValue(\"account.x\")>'}}\n"
        )
    )
    (preview,) = preview_steps(plan, bench.types, bench.clock.now())
    assert preview.spec == {"word": "x (secret account.x)"}


def test_a_field_takes_a_secret_and_writes_a_mask():
    entry = Entry(value=Secret(VALUE, "account.x"))
    assert entry.model_dump() == {"value": MASK}
    assert VALUE not in entry.model_dump_json() + repr(entry) + str(entry)
    assert Entry.model_json_schema()["properties"]["value"]["type"] == "string"
    with pytest.raises(ValidationError):
        Entry(value=7)


PLAN = """\
- step:
    identifier: a
    type: Whisper
    spec:
      word: %s
      plain: plain
"""
VARIABLES = """[{name: own, type: Secret, value: account.own},
  {name: text, value: 'Bearer <+secrets.getValue("account.inner")> <+pipeline.variables.own>'},
  {name: twice, value: '<+pipeline.variables.text> <+pipeline.variables.text>'}]"""


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("nothing", ()),
        (
            "<+secrets.getValue('account.x')> {{ secrets.getValue('account.y') }}",
            ("account.x", "account.y"),
        ),
        ("<+secrets.getValue(<+variables.which>)>", ()),
        ("<+pipeline.variables.own>", ("account.own",)),
        ("<+variables.own>", ("account.own",)),
        ("<+variables.text>", ("account.inner", "account.own")),
        ("<+pipeline.variables.twice>", ("account.inner", "account.own")),
        ("<+stage.variables.near>", ("account.near",)),
        ("<+variables.near>", ("account.near",)),
        ("<+pipeline.name> <+variables>", ()),
    ],
)
def test_the_secrets_that_a_plan_reads_are_known_before_it_runs(bench, whisper, word, found):
    variables = VARIABLES.replace("}]", "}, {name: which, value: x}]")
    near = "variables: [{name: near, type: Secret, value: account.near}]"
    text = bench.pipeline(PLAN % f'"{word}"', variables=variables, s=" " * 8 + near)
    assert secrets_read(bench.plan(text), bench.types) == found


def test_a_missing_secret_is_a_fault_with_what_to_set(bench, whisper, monkeypatch):
    words = "<+secrets.getValue('account.a')><+secrets.getValue('account.b')>"
    plan = bench.plan(bench.pipeline(PLAN % f'"{words}"'))
    environ = {"PENSTOCK_SECRET_ACCOUNT_A": "aaaaaaaa"}
    (fault,) = secret_faults(plan, bench.types, SecretStore(environ, None, None, Masker()))
    assert str(fault) == "the secret 'account.b' of the account is not set; set " + (
        "PENSTOCK_SECRET_ACCOUNT_B"
    )
