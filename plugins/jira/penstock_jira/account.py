"""What this process knows of one user of one Jira: when it may ask, and with what."""

import hashlib
from collections.abc import Mapping
from threading import Lock
from typing import TYPE_CHECKING

from penstock.json_types import Json
from penstock_jira.budget import Budget
from penstock_jira.kept import Kept
from penstock_jira.lockout import Lockout

if TYPE_CHECKING:
    from penstock_jira.screens import CreateScreen

__all__ = ["ACCOUNTS", "Account", "Accounts", "fingerprint"]


def fingerprint(secret: str) -> str:
    """Return what tells one secret text from another and does not hold it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class Account:
    """One user of one Jira, however many runs and connectors act as that user."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.budget, self.lockout = Budget(), Lockout()
        #: What Jira says of itself.
        self.server: Kept[Mapping[str, Json]] = Kept()
        #: The screens for new issues, by project key and issue type as a step writes them.
        self.screens: Kept[CreateScreen] = Kept()
        #: Whom texts mean, and what a person may want to check about it, by text and exactness.
        self.users: Kept[tuple[Json, str]] = Kept()

    def forget(self) -> None:
        """Ask Jira anew for what was kept; its limits are not forgotten."""
        self.server.clear()
        self.screens.clear()
        self.users.clear()


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
