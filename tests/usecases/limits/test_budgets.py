"""Budgets of a day: what counts, what is refused, and who is alerted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.budgets import Budget, Budgets
from raas.usecases.limits.limits import CallerLimits, LimitTable
from raas.usecases.ports.limits.budget_store import BudgetEntry

ANN = CallerKey(EnterpriseNumber(999999922), "A")
BOB = CallerKey(EnterpriseNumber(999999922), "B")
PERSONS = [Niss(each) for each in range(1, 20)]


class MemoryBudgetStore:
    """A BudgetStore in memory; counts its statements."""

    def __init__(self) -> None:
        self.entries: set[BudgetEntry] = set()
        self.statements = 0

    async def salt(self, day: int) -> bytes:
        return b"%d" % day

    async def add(self, entries: Sequence[BudgetEntry]) -> Sequence[int]:
        self.statements += 1
        self.entries.update(entries)
        return [
            sum((e.day, e.caller, e.budget) == (o.day, o.caller, o.budget) for o in self.entries)
            for e in entries
        ]


class Alerts:
    def __init__(self) -> None:
        self.told: list[tuple[CallerKey, str, int]] = []

    def budget_used_up(self, caller: CallerKey, budget: str, maximum: int) -> None:
        self.told.append((caller, budget, maximum))


class Day:
    """The clock of the tests, and budgets of three on it."""

    def __init__(self) -> None:
        # 23:00 in Brussels.
        self.now = datetime(2026, 7, 1, 21, 0, tzinfo=UTC)
        self.store, self.alerts = MemoryBudgetStore(), Alerts()
        self.budgets = self.process()

    def process(self) -> Budgets:
        three = CallerLimits(persons_shown_per_day=3, unknown_numbers_per_day=3, wrong_claims_per_day=3)
        return Budgets(self.store, LimitTable(three), self.alerts, lambda: self.now)


@pytest.fixture
def day() -> Day:
    return Day()


async def shown(budgets: Budgets, *persons: int, caller: CallerKey = ANN) -> bool:
    """Whether these persons may be shown."""
    try:
        await budgets.count(caller, Budget.PERSONS_SHOWN, [Niss(each) for each in persons])
    except Refused:
        return False
    return True


async def test_persons_are_counted_once_a_day(day: Day) -> None:
    assert [await shown(day.budgets, *each) for each in ((1, 2), (1,), (2, 3), (1, 2, 3))] == [True] * 4
    assert day.store.statements == 2
    assert not await shown(day.budgets, 4)
    assert await shown(day.budgets, 1, 2, 3)
    assert not await shown(day.budgets, 3, 4)


async def test_budget_is_that_of_the_caller_over_all_processes(day: Day) -> None:
    other = day.process()
    assert await shown(day.budgets, 1, 2)
    assert await shown(other, 2, 3)
    assert not await shown(other, 4)
    assert not await shown(day.budgets, 5)
    assert await shown(day.budgets, 4, 5, caller=BOB)


async def test_refusal_says_how_long_until_midnight_in_brussels(day: Day) -> None:
    with pytest.raises(Refused) as refused:
        await day.budgets.count(ANN, Budget.UNKNOWN_NUMBERS, PERSONS)
    (violation,) = refused.value.violations
    assert violation.reason is Reason.LIMIT_EXCEEDED
    assert violation.values == {"limit": "unknown_numbers_per_day", "maximum": "3", "retry_after": "3600"}


async def test_used_up_budget_asks_the_database_no_more(day: Day) -> None:
    assert not await shown(day.budgets, *PERSONS)
    asked = day.store.statements
    assert [await shown(day.budgets, each) for each in range(100, 110)] == [False] * 10
    assert day.store.statements == asked


async def test_next_day_begins_anew(day: Day) -> None:
    assert not await shown(day.budgets, *PERSONS)
    day.now += timedelta(hours=1)
    day.budgets.require(ANN, Budget.PERSONS_SHOWN)
    assert await shown(day.budgets, 1, 2, 3)
    assert not await shown(day.budgets, 4)
    assert len(day.alerts.told) == 2


async def test_operators_are_alerted_once_by_each_process(day: Day) -> None:
    other = day.process()
    for budgets in (day.budgets, day.budgets, other):
        await shown(budgets, *PERSONS)
    assert day.alerts.told == [(ANN, "persons_shown_per_day", 3)] * 2


async def test_call_is_refused_before_it_looks_up_anything_but_persons_shown_before(day: Day) -> None:
    day.budgets.require(ANN, Budget.PERSONS_SHOWN)
    assert await shown(day.budgets, 1, 2, 3)
    assert not await shown(day.budgets, 4)
    day.budgets.require(ANN, Budget.PERSONS_SHOWN, [Niss(1), Niss(3)])
    for numbers in ((), (Niss(4),), (Niss(1), Niss(4))):
        with pytest.raises(Refused):
            day.budgets.require(ANN, Budget.PERSONS_SHOWN, numbers)
    day.budgets.require(ANN, Budget.UNKNOWN_NUMBERS)
    day.budgets.require(BOB, Budget.PERSONS_SHOWN)


async def test_each_wrong_claim_counts(day: Day) -> None:
    await day.budgets.count_wrong_claims(ANN, 1)
    await day.budgets.count_wrong_claims(ANN, 0)
    await day.budgets.count_wrong_claims(ANN, 2)
    day.budgets.require(ANN, Budget.WRONG_CLAIMS)
    with pytest.raises(Refused):
        await day.budgets.count_wrong_claims(ANN, 1)
    with pytest.raises(Refused):
        day.budgets.require(ANN, Budget.WRONG_CLAIMS)


async def test_store_sees_no_number(day: Day) -> None:
    await shown(day.budgets, 1, 2)
    first = {each.entry for each in day.store.entries}
    assert not first & {1, 2}
    day.now += timedelta(days=1)
    await shown(day.budgets, 1, 2)
    assert len({each.entry for each in day.store.entries}) == 4
