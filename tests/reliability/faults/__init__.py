"""What can go wrong between Penstock and a Jira, each with what must become of it.

``CASES`` holds them all. Each is tried with real HTTP on loopback; a fault that never came to pass
proves nothing. What cannot be tried here:

- a name server that answers after a minute: no program can tell the system's resolver to hurry;
- a page token that repeats: no search of Penstock's asks for a second page;
- a project that is archived: for whoever asks, its issues are missing, as deleted ones are;
- an automation that approves: Jira tells of it as of any other user, and ``approvers`` decide.
"""

from faults import (
    answers,
    approvals,
    broken,
    certificates,
    clocks,
    fields,
    issues,
    limits,
    redirects,
    sign_in,
)
from faults.case import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "answers",
    "approvals",
    "broken",
    "certificates",
    "clocks",
    "fields",
    "issues",
    "limits",
    "redirects",
    "sign_in",
]
