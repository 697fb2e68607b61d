"""Tries every fault and prints what became of it: ``python tests/reliability/fault_table.py``.

An argument is a part of the names of those to try. Exit code 1 if one was not survived.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # where the faults are, however this is started

from faults import CASES, Case
from faults.case import Played


def line_of(case: Case, played: Played) -> str:
    """Return a case's line of the table."""
    if played.survived:
        return f"{case.name} | {played.fired} | {played.outcome}"
    why = [f"{played.failure}" or "it went wrong"] if played.failure is not None else []
    why += [str(played.findings)] if str(played.findings) else []
    why += [] if played.fired else ["it never came to pass"]
    told = " ".join("; ".join(why).split())[:200]
    return f"{case.name} | {played.fired or 'no'} | NOT SURVIVED: {told}"


def main(wanted: str = "") -> int:
    """Print the table; return the exit code."""
    totals = {"lost": 0, "duplicated": 0, "leaked": 0, "stuck": 0}
    survived = 0
    chosen = [case for case in CASES if wanted in case.name]
    print("fault | fired | outcome")
    for case in chosen:
        played = case.tried()
        print(line_of(case, played), flush=True)
        survived += played.survived
        for name in totals:
            totals[name] += len(getattr(played.findings, name))
    told = ", ".join(f"{name} {count}" for name, count in totals.items())
    print(f"faults survived {survived}/{len(chosen)}, {told}")
    return 0 if survived == len(chosen) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
