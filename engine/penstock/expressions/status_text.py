"""The status of a step, a stage or a run, as expressions compare it."""

import re

__all__ = ["StatusText"]


class StatusText(str):
    """A status as text that also equals Harness's other name for it.

    Harness shows ``Succeeded`` and compares ``"SUCCEEDED"`` (``APPROVAL_REJECTED``) in ``when``.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Whether *other* is one of the two names."""
        constant = re.sub(r"(?<!^)(?=[A-Z])", "_", self).upper()
        return str.__eq__(self, other) is True or constant == other

    def __ne__(self, other: object) -> bool:
        """Whether *other* is neither name."""
        return not self == other

    __hash__ = str.__hash__
