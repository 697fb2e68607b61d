"""The last line of a run, the same in every text output."""

from penstock.events import Status
from penstock.render.moments import elapsed
from penstock.render.progress import RunProgress
from penstock.render.signs import colour_of, paint
from penstock.render.text import clean

__all__ = ["resume_command", "summary"]


def resume_command(run: str) -> str:
    """Return the command that takes an interrupted run up again."""
    return f"penstock resume {clean(run)}"


def summary(progress: RunProgress, colour: bool) -> list[str]:
    """Return how the run ended, what went wrong where, and the next command, if there is one."""
    if progress.finished is None:
        return _interrupted(progress, colour)
    status, name = progress.finished.status, clean(progress.name) or "The run"
    word = paint(str(status), colour_of(status), colour)
    lines = [f"{name}: {word} in {elapsed(progress.finished.seconds)}"]
    if status.is_good:
        return lines
    told = [f"{clean(s.path)}: {s.status}: {clean(s.message)}" for s in progress.troubles()]
    if not told and progress.finished.message:
        told = [clean(progress.finished.message)]
    return lines + [f"  {text.removesuffix(': ')}" for text in told]


def _interrupted(progress: RunProgress, colour: bool) -> list[str]:
    if progress.interrupted is None:
        return []
    word = paint("interrupted", colour_of(Status.APPROVAL_WAITING), colour)
    reason = clean(progress.interrupted.reason)
    name = clean(progress.name) or "The run"
    command = paint(resume_command(progress.run), "bold", colour)
    return [f"{name}: {word}: {reason}", f"  The run is kept. Go on with:  {command}"]
