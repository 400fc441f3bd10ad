"""The port through which processes report to each other what callers use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Report = Mapping[str, Sequence[float]]
"""The demand of callers (`CallerKey.text`) for each limit, in the order of `CallerUsage.report`."""


class UsageStore(Protocol):
    """Holds the last report of every process."""

    async def exchange(self, report: Report) -> Sequence[Report]:
        """Replace the report of this process, then return those of all others that are alive.

        Of two processes that exchange at the same time, one at least gets the new report of the other.
        A process that has not reported for some seconds counts as dead. Raises StoreUnavailable, StoreFault.
        """
