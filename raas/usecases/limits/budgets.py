"""The budgets of callers for a day: against searching through persons whom nobody has to know.

A budget counts each person, or each unknown number, once a day, in the database. Numbers are kept as keyed
hashes whose key is deleted after the day.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from enum import IntEnum
from hashlib import blake2b
from typing import Protocol

from raas.domain.calendar.day import brussels_day, seconds_to_next_day
from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.limits import LimitTable, exceeded
from raas.usecases.ports.limits.budget_store import BudgetEntry, BudgetStore

_KEPT = 200_000
"""Entries that a process remembers, so that they cost no statement; then it begins anew."""


class Budget(IntEnum):
    """The budgets; values are stored."""

    PERSONS_SHOWN = 1
    UNKNOWN_NUMBERS = 2
    WRONG_CLAIMS = 3

    @property
    def limit(self) -> str:
        """The name of the limit."""
        return f"{self.name.lower()}_per_day"


class BudgetAlerts(Protocol):
    """Receives the callers that have used up a budget."""

    def budget_used_up(self, caller: CallerKey, budget: str, maximum: int) -> None:
        """A caller has used up the budget of this name; called once a day by each process that notices."""


class Budgets:
    """The budgets of all callers. A call is refused once a budget that guards it is used up.

    The database counts exactly, over all processes; each notices by its own entries that one is used up.
    """

    def __init__(
        self,
        store: BudgetStore,
        table: LimitTable,
        alerts: BudgetAlerts,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._store = store
        self._table = table
        self._alerts = alerts
        self._now = now
        self._day = 0
        self._salt: bytes | None = None
        self._counted: set[tuple[CallerKey, Budget, Niss]] = set()
        self._used_up: set[tuple[CallerKey, Budget]] = set()

    def require(self, caller: CallerKey, budget: Budget, numbers: Collection[Niss] = ()) -> None:
        """Raise Refused LIMIT_EXCEEDED if this budget is used up.

        A caller may still ask for `numbers` that it was shown before on the same day.
        """
        self._begin_day()
        if (caller, budget) not in self._used_up:
            return
        if not numbers or any((caller, Budget.PERSONS_SHOWN, each) not in self._counted for each in numbers):
            raise self._refusal(caller, budget)

    async def count(self, caller: CallerKey, budget: Budget, numbers: Collection[Niss]) -> None:
        """Count numbers, each once a day. Raises Refused LIMIT_EXCEEDED if the budget is used up by them."""
        self._begin_day()
        new = [each for each in dict.fromkeys(numbers) if (caller, budget, each) not in self._counted]
        if not new:
            return
        if (caller, budget) in self._used_up:
            raise self._refusal(caller, budget)
        day = self._day
        salt = await self._salt_of(day)
        await self._add(day, caller, budget, [_hash(salt, each) for each in new])
        if self._day == day:
            if len(self._counted) > _KEPT:
                self._counted.clear()
            self._counted.update((caller, budget, each) for each in new)

    async def count_wrong_claims(self, caller: CallerKey, count: int) -> None:
        """Count claims that differ, each of them. Raises Refused LIMIT_EXCEEDED if they use up the budget."""
        self._begin_day()
        if not count:
            return
        self.require(caller, Budget.WRONG_CLAIMS)
        entries = [secrets.randbits(63) for _ in range(count)]
        await self._add(self._day, caller, Budget.WRONG_CLAIMS, entries)

    async def _add(self, day: int, caller: CallerKey, budget: Budget, entries: Collection[int]) -> None:
        used = await self._store.add([BudgetEntry(day, caller.text, budget.value, each) for each in entries])
        maximum = self._maximum(caller, budget)
        if max(used) <= maximum:
            return
        if self._day == day and (caller, budget) not in self._used_up:
            self._used_up.add((caller, budget))
            self._alerts.budget_used_up(caller, budget.limit, maximum)
        raise self._refusal(caller, budget)

    def _begin_day(self) -> None:
        today = brussels_day(self._now())
        if today != self._day:
            self._day, self._salt = today, None
            self._counted.clear()
            self._used_up.clear()

    async def _salt_of(self, day: int) -> bytes:
        salt = self._salt
        if salt is None:
            salt = await self._store.salt(day)
            if self._day == day:
                self._salt = salt
        return salt

    def _maximum(self, caller: CallerKey, budget: Budget) -> int:
        maximum: int = getattr(self._table.of(caller), budget.limit)
        return maximum

    def _refusal(self, caller: CallerKey, budget: Budget) -> Refused:
        return exceeded(budget.limit, self._maximum(caller, budget), seconds_to_next_day(self._now()))


def _hash(salt: bytes, niss: Niss) -> int:
    return int.from_bytes(blake2b(b"%d" % niss, key=salt, digest_size=8).digest(), signed=True)
