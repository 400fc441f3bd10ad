"""Budgets on PostgreSQL: exact over concurrent calls and processes, and forgotten in time."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.limits.budgets import ADD, PostgresBudgetStore
from raas.storage.maintenance.expiry import PostgresExpiry
from raas.usecases.ports.limits.budget_store import BudgetEntry

NOW = datetime(2025, 11, 30, 23, 30, tzinfo=UTC)
"""After midnight in Belgium, and before that of the sessions of the database."""
TODAY = date(2025, 12, 1).toordinal()
_number = itertools.count()
NewCaller = Callable[[], str]


@pytest.fixture
def new_caller() -> NewCaller:
    run = random.getrandbits(60)
    return lambda: f"0999999922/{run}-{next(_number)}"


def entries(caller: str, *numbers: int, budget: int = 1, day: int = TODAY) -> list[BudgetEntry]:
    return [BudgetEntry(day, caller, budget, number) for number in numbers]


async def test_entries_count_once_for_caller_budget_and_day(
    reading_engine: AsyncEngine, new_caller: NewCaller
) -> None:
    store, caller = PostgresBudgetStore(reading_engine), new_caller()
    assert await store.add(entries(caller, 1, 2, 2, -(2**63))) == [3] * 4
    assert await store.add(entries(caller, 2, 3)) == [4, 4]
    assert await store.add(entries(caller, 1)) == [4]
    assert await store.add(entries(caller, 1, budget=2)) == [1]
    assert await store.add(entries(caller, 1, day=TODAY + 1)) == [1]
    assert await store.add(entries(new_caller(), 1)) == [1]


async def test_concurrent_processes_count_exactly_and_do_not_deadlock(
    reading_engine: AsyncEngine, new_caller: NewCaller
) -> None:
    stores = [PostgresBudgetStore(reading_engine) for _ in range(4)]
    callers = [new_caller() for _ in range(3)]
    expected: dict[str, set[int]] = {caller: set() for caller in callers}

    async def count(store: PostgresBudgetStore) -> None:
        asked = []
        for _ in range(20):
            caller, numbers = random.choice(callers), random.sample(range(300), 30)
            expected[caller].update(numbers)
            asked.append(store.add(entries(caller, *numbers)))
        await asyncio.gather(*asked)

    await asyncio.gather(*(count(store) for store in stores))
    for caller in callers:
        assert (await stores[0].add(entries(caller, next(iter(expected[caller])))))[0] == len(
            expected[caller]
        )


async def test_salt_of_a_day_is_one_for_all_processes(reading_engine: AsyncEngine) -> None:
    stores = [PostgresBudgetStore(reading_engine) for _ in range(5)]
    day = random.randrange(TODAY + 1_000, TODAY + 100_000)
    salts = await asyncio.gather(*(store.salt(day) for store in stores))
    assert len(set(salts)) == 1
    assert len(salts[0]) == 32
    assert await stores[0].salt(day + 1) != salts[0]


async def test_counting_does_not_wait_for_the_disk_and_leaves_the_session_as_it_was(
    engine: AsyncEngine, reading_engine: AsyncEngine, new_caller: NewCaller
) -> None:
    await PostgresBudgetStore(reading_engine).add(entries(new_caller(), 1))
    async with reading_engine.connect() as connection:
        assert await connection.scalar(text("SHOW synchronous_commit")) == "on"
    async with engine.begin() as connection:
        statement = ADD.replace("%(days)s", "ARRAY[current_date]").replace("%(callers)s", "ARRAY['quick']")
        statement = statement.replace("%(budgets)s", "ARRAY[1]").replace("%(entries)s", "ARRAY[1]")
        await connection.execute(text(statement.replace("::", r"\:\:")))
        assert await connection.scalar(text("SHOW synchronous_commit")) == "off"
        await connection.rollback()


async def test_entries_are_forgotten_after_a_day_and_sums_after_a_month(
    engine: AsyncEngine, reading_engine: AsyncEngine, new_caller: NewCaller
) -> None:
    store, caller = PostgresBudgetStore(reading_engine), new_caller()
    for age in (0, 1, 2, 29, 30):
        await store.add(entries(caller, 1, 2, day=TODAY - age))
        await store.salt(TODAY - age)
    await PostgresExpiry(reading_engine, lambda: NOW).delete_expired_limits()

    values = {"caller": caller, "today": date.fromordinal(TODAY)}
    async with engine.connect() as connection:
        kept = [
            sorted(
                TODAY - day.toordinal()
                for day in (await connection.execute(text(statement), values)).scalars()
            )
            for statement in (
                "SELECT DISTINCT day FROM budget_entry WHERE caller = :caller",
                "SELECT day FROM budget_use WHERE caller = :caller",
                "SELECT day FROM budget_salt WHERE day <= :today AND :caller > ''",
            )
        ]
    assert kept == [[0, 1], [0, 1, 2, 29], [0, 1]]
