"""What this process knows of one user of one Jira: when it may ask, and with what."""

import hashlib
from threading import Lock

from penstock_jira.budget import Budget
from penstock_jira.lockout import Lockout

__all__ = ["ACCOUNTS", "Account", "Accounts", "fingerprint"]


def fingerprint(secret: str) -> str:
    """Return what tells one secret text from another and does not hold it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Account:
    """One user of one Jira, however many runs and connectors act as that user."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.budget, self.lockout = Budget(), Lockout()


class Accounts:
    """The accounts that this process has used, by address and user; threads may share it."""

    def __init__(self) -> None:
        """Start with none."""
        self._known: dict[tuple[str, str], Account] = {}
        self._lock = Lock()

    def get(self, url: str, user: str) -> Account:
        """Return the account of *user*, which is a fingerprint, at *url*."""
        with self._lock:
            return self._known.setdefault((url, user), Account())

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._known.clear()


ACCOUNTS = Accounts()
