"""The stored counts of billable usage, by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from raas.domain.billing import BillingCounts, BillingKey, Month, UsageRow
from raas.domain.numbers.enterprise_number import EnterpriseNumber

RowPlace = tuple[Month, int, int, int, int, str]
"""The key of a row with 0 for None: rows are listed in this order."""


@dataclass(frozen=True, slots=True)
class UsageFilter:
    """The rows to list; both months are included.

    `caller`: the calls that this organisation made or that a gateway made for it; None = all.
    """

    first_month: Month
    last_month: Month
    caller: EnterpriseNumber | None = None
    register: EnterpriseNumber | None = None


class BillingStore(Protocol):
    """Holds the counts of all processes. Raises StoreUnavailable, StoreFault."""

    async def add(self, number: int, counts: Mapping[BillingKey, BillingCounts]) -> None:
        """Add the counts of batch `number` of this process, once, however often the batch is given.

        Batches are numbered in ascending order. Counts of a month that is closed are added to the next month
        that is open.
        """

    async def close_months(self) -> None:
        """Count the dossiers of months that have ended, and close those that ended an hour ago.

        By the clock of the database. A month whose dossiers another process is counting is left to it.
        """

    async def rows(self, which: UsageFilter, after: RowPlace | None, limit: int) -> Sequence[UsageRow]:
        """At most `limit` rows that match, those after a place, in order."""


def place_of(key: BillingKey) -> RowPlace:
    """The place of a row among others."""
    return (key.month, key.caller, key.on_behalf_of or 0, key.register or 0, key.partner or 0, key.rpc)
