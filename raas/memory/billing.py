"""The BillingStore in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from raas.domain.billing import BillingCounts, BillingKey, Month, UsageRow, brussels_month, end_of_month
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.state import MemoryState
from raas.usecases.ports.billing import RowPlace, UsageFilter, place_of

_GRACE = timedelta(hours=1)


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryBillingStore:
    """Counts of one process; `now` is the clock of the store."""

    def __init__(self, state: MemoryState, now: Callable[[], datetime] = _now) -> None:
        self._state = state
        self._now = now
        self._counts: dict[BillingKey, BillingCounts] = {}
        self._dossiers: dict[BillingKey, int] = {}
        self._months: dict[Month, bool] = {}
        """Whether each month is closed."""
        self._counted: set[Month] = set()
        self._number = 0

    async def add(self, number: int, counts: Mapping[BillingKey, BillingCounts]) -> None:
        """Add the counts of a batch, once."""
        if number <= self._number:
            return
        self._number = number
        for key, count in counts.items():
            month = key.month
            while self._months.setdefault(month, False):
                month += 1
            place = key._replace(month=month)
            self._counts[place] = self._counts.get(place, BillingCounts()).plus(count)

    async def close_months(self) -> None:
        """Count the dossiers of months that have ended, and close those that ended an hour ago."""
        now = self._now()
        current = brussels_month(now)
        self._months.setdefault(current, False)
        for month in sorted(
            month for month, closed in self._months.items() if not closed and month < current
        ):
            if month not in self._counted:
                self._count(month)
            if end_of_month(month) + _GRACE <= now:
                self._months[month] = True

    async def rows(self, which: UsageFilter, after: RowPlace | None, limit: int) -> Sequence[UsageRow]:
        """The rows that match, after a place."""
        rows = [UsageRow(key, count, self._months[key.month]) for key, count in self._counts.items()]
        rows += [
            UsageRow(key, BillingCounts(), self._months[key.month], number)
            for key, number in self._dossiers.items()
        ]
        found = [row for row in rows if _matches(row.key, which)]
        found.sort(key=lambda row: place_of(row.key))
        return [row for row in found if after is None or place_of(row.key) > after][:limit]

    def _count(self, month: Month) -> None:
        for register in self._state.registers.values():
            partners = {type_id: each.partner for type_id, each in register.types.values()}
            counts: Counter[EnterpriseNumber | None] = Counter()
            for (_, type_id), states in register.dossiers.items():
                if states[-1].lines:
                    counts[partners[type_id]] += 1
            owner = register.enterprise_number
            for partner, number in counts.items():
                self._dossiers[BillingKey(month, owner, None, owner, partner, "")] = number
        self._counted.add(month)


def _matches(key: BillingKey, which: UsageFilter) -> bool:
    return (
        which.first_month <= key.month <= which.last_month
        and (which.caller is None or which.caller in (key.caller, key.on_behalf_of))
        and (which.register is None or which.register == key.register)
    )
