"""The command line, ``penstock COMMAND``: each command's module is imported when it is asked."""

import os
import sys
import traceback
from typing import NoReturn

__all__ = ["main"]


def main() -> NoReturn:
    """Run a command and exit with its code: the one place where errors become exit codes."""
    import click

    from penstock.cli.group import penstock
    from penstock.errors import PenstockError
    from penstock.run.interruption import Interrupted

    try:
        code = penstock.main(prog_name="penstock", standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        code = 6
    except PenstockError as error:
        # An interruption was told by the renderer, with how to go on.
        if not isinstance(error, Interrupted):
            _show(error)
        code = error.exit_code
    except BrokenPipeError:  # before OSError's kin: nobody is there to read a report
        # Whoever read our output has gone; nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:  # noqa: BLE001 - a defect is reported like everything else
        _show_defect(error)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _show(error: Exception) -> None:
    """Print an error and its causes; with ``-v`` where each came from."""
    import click

    from penstock.cli.group import is_verbose
    from penstock.errors import Refused
    from penstock.render.text import clean_lines

    if is_verbose():
        traceback.print_exception(error)
        return
    prefix = "" if isinstance(error, Refused) and _has_places(error) else "penstock: "
    for line in str(error).splitlines():
        click.echo(prefix + "\n".join(clean_lines(line)), err=True)


def _show_defect(error: Exception) -> None:
    import click

    from penstock.cli.group import is_verbose

    if is_verbose():
        traceback.print_exception(error)
        return
    what = f"{type(error).__name__}: {error}"
    click.echo(f"penstock: a defect of Penstock: {what}", err=True)
    click.echo("Run it again as `penstock -v …` and report what is shown.", err=True)


def _has_places(error: Exception) -> bool:
    faults = getattr(error, "faults", ())
    return any(fault.file for fault in faults)
