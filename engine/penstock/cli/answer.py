"""``approve`` and ``reject``: what a person says to a gate that waits for people."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import click

from penstock.cli.options import app_for, database_option
from penstock.cli.run import parse_inputs
from penstock.render.text import clean
from penstock.run.origin import origin_of_run
from penstock.watch import Answer

__all__ = ["approve", "reject"]

F = TypeVar("F", bound=Callable[..., Any])


def _answer_options(function: F) -> F:
    """Add what an answer is made of."""
    function = database_option(function)
    function = click.option(
        "--as",
        "user",
        metavar="USER",
        help="Who answers. Default: PENSTOCK_USER, or the system's user.",
    )(function)
    function = click.option("--comment", default="", metavar="TEXT", help="Why.")(function)
    function = click.argument("step", metavar="[STEP]", required=False)(function)
    return click.argument("run_id", metavar="RUN")(function)


@click.command(
    short_help="Approve what a run waits for.",
    epilog="""\b
Examples:
  penstock approve last
  penstock approve k3x9 deploy/ask --comment "checked the plan" -i window=night""",
)
@click.option(
    "-i",
    "--input",
    "inputs",
    multiple=True,
    metavar="NAME=VALUE",
    help="A value that the step asks for. Repeatable.",
)
@_answer_options
def approve(
    *,
    run_id: str,
    step: str | None,
    inputs: tuple[str, ...],
    comment: str,
    user: str | None,
    database: str | None,
) -> int:
    """Approve what a step of a run waits for people to answer.

    RUN is its id, the beginning of it, or `last`; STEP is `stage/step`, or the step alone, where
    several wait. Whoever can write to the journal can answer as anybody.
    """
    given = parse_inputs(inputs)
    return _answer(run_id, step, "approve", comment=comment, user=user, inputs=given, file=database)


@click.command(
    short_help="Reject what a run waits for.",
    epilog="""\b
Example:
  penstock reject last --comment "not during the sale\"""",
)
@_answer_options
def reject(
    *, run_id: str, step: str | None, comment: str, user: str | None, database: str | None
) -> int:
    """Reject what a step of a run waits for people to answer.

    RUN is its id, the beginning of it, or `last`; STEP is `stage/step`, or the step alone, where
    several wait.
    """
    return _answer(run_id, step, "reject", comment=comment, user=user, inputs={}, file=database)


def _answer(
    run_id: str,
    step: str | None,
    action: Literal["approve", "reject"],
    *,
    comment: str,
    user: str | None,
    inputs: Mapping[str, str],
    file: str | None,
) -> int:
    app = app_for(file)
    record = app.find(run_id)
    who = origin_of_run(app.environ, record.id)
    name, email = (user, user if "@" in user else "") if user else (who["user"], who["email"])
    path = app.answer(record, step, Answer(name, action, app.clock.now(), email, comment, inputs))
    verb = {"approve": "approved", "reject": "rejected"}[action]
    click.echo(f"{clean(path)} of run {record.id}: {verb} by {clean(name)}")
    if not app.is_carried(record):
        note = f"no process carries the run now; go on with: penstock resume {record.id}"
        click.echo(f"note: {note}", err=True)
    return 0
