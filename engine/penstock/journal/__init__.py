"""The journal: what has happened in each run, and nothing else.

Four tables besides the runs: attempts (one row for each try of a step, written when it ends or
begins to wait), waits (one row for each open gate), answers (one row for what a person said to a
gate) and effects (one row for each write to another system, written *before* it is sent). A run is
a function of its plan and these rows.
"""

from penstock.journal.records import AttemptRecord, EffectRecord, RunRecord, WaitRecord
from penstock.journal.store import Claim, Journal

__all__ = ["AttemptRecord", "Claim", "EffectRecord", "Journal", "RunRecord", "WaitRecord"]
