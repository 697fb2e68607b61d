"""Asks at a terminal for the inputs that a pipeline lacks."""

import sys
from dataclasses import replace
from typing import NoReturn

import click

from penstock.app import App, StartOptions
from penstock.connectors.scope import Scope
from penstock.errors import Fault, Refused
from penstock.pipeline.blank_set import facts_of
from penstock.pipeline.input_form import joined_values, split_values
from penstock.pipeline.inputs import Input
from penstock.pipeline.planning import Planned
from penstock.render.text import clean

__all__ = ["planned_with_answers"]

_NAME_ONLY = (
    "type the name of a secret, such as account.jira_token, never the secret itself; "
    "what you type is not shown"
)


def planned_with_answers(
    app: App, options: StartOptions, *, check_connectors: bool = True, may_ask: bool = True
) -> Planned:
    """Return the plan of a file whose inputs all have values.

    At a terminal, unless *may_ask* is false, a person is asked for those that are missing, and may
    then change defaults too. Raise ``Refused`` with all faults; those come before any question.
    """
    if may_ask and sys.stdin.isatty() and sys.stderr.isatty():
        options = _answered(app, options, check_connectors=check_connectors)
    return app.plan(options, complete=True, check_connectors=check_connectors)


def _answered(app: App, options: StartOptions, *, check_connectors: bool) -> StartOptions:
    """Return *options* with what a person answered, if anything is missing that can be asked."""
    left = app.intake(options).unanswered
    missing = [item for item in left if item.form.default is None or item.form.during_run]
    if not missing or any(item.is_structure for item in missing):
        return options
    app.plan(options, complete=False, check_connectors=check_connectors)
    click.echo("The pipeline asks for its inputs; Ctrl-C ends this, and nothing is sent.", err=True)
    for item in left:
        if not item.is_structure:
            options = _Question(app, options, item, check_connectors).answered()
    return options


class _Question:
    """One input, and the person who gives it."""

    def __init__(
        self,
        app: App,
        options: StartOptions,
        item: Input,
        check_connectors: bool,
    ) -> None:
        self._app = app
        self._options = options
        self._item = item
        self._check_connectors = check_connectors

    def answered(self) -> StartOptions:
        """Ask until the answer is acceptable; return the options with it."""
        item = self._item
        known = clean("; ".join(facts_of(item)))
        facts = f"  ({known})" if known else ""
        click.echo(f"\n{click.style(clean(item.name), bold=True)}{facts}", err=True)
        for number, value in enumerate(item.form.allowed, 1):
            click.echo(f"  {number}  {clean(value)}", err=True)
        if item.is_secret:
            click.echo(f"  {_NAME_ONLY}", err=True)
        while True:
            text = self._typed()
            if not text and item.form.default is not None:
                return self._options  # the default counts
            given = {**self._options.inputs, item.name: self._chosen(text)}
            options = replace(self._options, inputs=given)
            complaints = self._complaints(text, options)
            if not complaints:
                return options
            for complaint in complaints:
                click.secho(f"  {clean(complaint)}", fg="red", err=True)

    def _typed(self) -> str:
        item = self._item
        default = " (may be empty)" if self._may_be_empty else ""
        if item.form.default is not None:
            default = f" [{clean(item.form.default)}]"
        try:
            text: str = click.prompt(
                f"{clean(item.name.rpartition('.')[2])}{default}",
                default="",
                show_default=False,
                hide_input=item.is_secret,
                err=True,
            )
        except click.Abort:
            click.echo(err=True)
            _give_up()
        return text

    @property
    def _may_be_empty(self) -> bool:
        return self._item.is_variable and not self._item.required

    def _chosen(self, text: str) -> str:
        """Return the values that were meant by their numbers."""
        allowed = self._item.form.allowed
        if not self._item.form.many:
            return _of_number(text, allowed)
        values = split_values(text, quotes=True)
        return joined_values([_of_number(value, allowed) for value in values])

    def _complaints(self, text: str, options: StartOptions) -> list[str]:
        """Return why an answer is not acceptable: for its conditions, or in its place."""
        item = self._item
        if not text.strip() and not self._may_be_empty:
            return ["a value is needed"]
        try:
            planned = self._app.plan(
                options, complete=False, check_connectors=self._check_connectors
            )
        except Refused as error:
            return [
                f"{each.message}; {each.hint}" if each.hint else each.message
                for each in error.faults
            ]
        return self._secret_complaints(text, planned) if item.is_secret and text else []

    def _secret_complaints(self, text: str, planned: Planned) -> list[str]:
        """Refuse what is not the name of a secret that is set: it may be the secret itself."""
        org, project = planned.plan.org, planned.plan.project
        try:
            scope = Scope.of(org=org, project=project)
            self._app.secrets.get(text, scope=scope, org=org, project=project)
        except Refused:
            return ["no secret of that name is set; type the name of one, never the secret itself"]
        return []


def _of_number(text: str, allowed: tuple[str, ...]) -> str:
    """Return the value that *text* is the number of, unless it is a value itself."""
    number = text.strip()
    if number in allowed or not number.isdecimal() or not 0 < int(number) <= len(allowed):
        return text
    return allowed[int(number) - 1]


def _give_up() -> NoReturn:
    raise Refused(
        Fault("not all inputs were given: nothing was sent", "give them with -i NAME=VALUE")
    )
