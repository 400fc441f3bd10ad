"""Reports of processes on PostgreSQL: the last one of each that is alive."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.limits import usage
from raas.storage.limits.usage import PostgresUsageStore


@pytest.fixture
async def reading(
    engine: AsyncEngine, reading_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncEngine:
    """Nobody else reports, and a process counts as dead after minutes, however slow the machine is."""
    monkeypatch.setattr(usage, "ALIVE_SECONDS", 300)
    async with engine.begin() as connection:
        await connection.execute(text("DELETE FROM caller_usage"))
    return reading_engine


async def test_each_process_reads_the_last_report_of_every_other(reading: AsyncEngine) -> None:
    one, two, three = (PostgresUsageStore(reading) for _ in range(3))
    assert await one.exchange({"0999999922/A": [1.5, 2]}) == []
    assert await two.exchange({}) == [{"0999999922/A": [1.5, 2]}]
    assert await one.exchange({"0999999922/A": [3, 4]}) == [{}]
    found = await three.exchange({"0244640631/B": [1]})
    assert sorted(found, key=len) == [{}, {"0999999922/A": [3, 4]}]


async def test_of_two_concurrent_exchanges_at_least_one_sees_the_other(reading: AsyncEngine) -> None:
    one, two = PostgresUsageStore(reading), PostgresUsageStore(reading)
    for number in range(100):
        seen = await asyncio.gather(*(store.exchange({"0999999922/A": [number]}) for store in (one, two)))
        assert [{"0999999922/A": [number]}] in seen


def test_process_is_alive_for_three_seconds_after_its_report() -> None:
    assert usage.ALIVE_SECONDS == 3


async def test_process_that_does_not_report_counts_as_dead(engine: AsyncEngine, reading: AsyncEngine) -> None:
    one, two = PostgresUsageStore(reading), PostgresUsageStore(reading)
    await one.exchange({"0999999922/A": [1]})
    aged = text("UPDATE caller_usage SET time = clock_timestamp() - make_interval(secs => :seconds)")
    async with engine.begin() as connection:
        await connection.execute(aged, {"seconds": 250})
    assert await two.exchange({}) == [{"0999999922/A": [1]}]
    async with engine.begin() as connection:
        await connection.execute(aged, {"seconds": 300})
    assert await two.exchange({}) == []
    assert await one.exchange({}) == [{}]


async def test_reports_are_unlogged(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        found = await connection.scalar(
            text("SELECT relpersistence FROM pg_class WHERE oid = 'caller_usage'::regclass")
        )
    # The column has the type "char", which is returned as bytes.
    assert found in ("u", b"u")
