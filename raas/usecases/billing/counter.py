"""The counts of billable usage in memory, until they are stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from raas.domain.billing import BillingCounts, BillingKey, brussels_month, end_of_month
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.calls.call import Caller

_Key = tuple[EnterpriseNumber, EnterpriseNumber | None, EnterpriseNumber | None, EnterpriseNumber | None, str]


class BillingCounter:
    """Counts the calls of this process: one update of a dictionary for each call."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._taken: dict[BillingKey, BillingCounts] = {}
        self._counts: dict[_Key, list[int]] = {}
        self._month = 0
        self._month_ends = 0.0
        self._begin_period(clock())

    def add(
        self,
        caller: Caller,
        register: EnterpriseNumber | None,
        partner: EnterpriseNumber | None,
        rpc: str,
        *,
        calls: int = 0,
        items: int = 0,
        deliveries: int = 0,
        refused: int = 0,
    ) -> None:
        """Count something in the month that it is now."""
        now = self._clock()
        if now >= self._month_ends:
            self._begin_period(now)
        key = (caller.enterprise_number, caller.on_behalf_of, register, partner, rpc)
        counts = self._counts.get(key)
        if counts is None:
            self._counts[key] = [calls, items, deliveries, refused]
        else:
            counts[0] += calls
            counts[1] += items
            counts[2] += deliveries
            counts[3] += refused

    def take(self) -> Mapping[BillingKey, BillingCounts]:
        """The counts since the last time."""
        self._put_aside()
        taken, self._taken = self._taken, {}
        return taken

    def _begin_period(self, now: float) -> None:
        """Begin the month of an instant."""
        self._put_aside()
        self._month = brussels_month(datetime.fromtimestamp(now, UTC))
        self._month_ends = end_of_month(self._month).timestamp()

    def _put_aside(self) -> None:
        counts, self._counts = self._counts, {}
        for key, numbers in counts.items():
            whole = BillingKey(self._month, *key)
            earlier = self._taken.get(whole, BillingCounts())
            self._taken[whole] = earlier.plus(BillingCounts(*numbers))
