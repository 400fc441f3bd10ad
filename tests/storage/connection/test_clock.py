"""Record times ahead of the clock are refused until an operator confirms them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from raas.storage.connection.clock import ClockGuard
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.ports.errors import ClockAhead
from raas.usecases.ports.write_store import LoadRequest
from tests.usecases.persons.harness import PersonHarness, a_call

YEAR = timedelta(days=365)


async def set_record_time(engine: AsyncEngine, register: AdmittedRegister, ahead: timedelta) -> datetime:
    """The state that a wrong clock of the database leaves."""
    instant = datetime.now(UTC) + ahead
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE register_head SET record_time = :t WHERE register_id = :r"),
            {"t": instant, "r": register.id},
        )
    return instant


async def write(store: PostgresWriteStore, register: AdmittedRegister) -> None:
    async with store.write(register.id, LoadRequest()):
        pass


async def test_a_write_ahead_of_the_clock_is_refused_and_logged(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, niss, other = await harness.register(), await harness.person(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    await set_record_time(engine, register, YEAR)
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(ClockAhead):
                await harness.inscribe(register, other, "2024-01-01", "2024-01-31")
        with pytest.raises(ClockAhead):
            await harness.numbers.replace(a_call(), niss, other, validate_only=False)
    assert [entry["log_level"] for entry in logs] == ["error"] * 2  # one of each store
    assert len(await harness.log(register)) == 1


async def test_record_times_are_accepted_within_a_minute_and_where_an_operator_confirmed_them(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, niss, other = await harness.register(), await harness.person(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    await set_record_time(engine, register, timedelta(seconds=50))
    await harness.inscribe(register, other, "2024-01-01", "2024-01-31")

    recorded = await set_record_time(engine, register, YEAR)
    confirmed = ClockGuard(recorded + timedelta(seconds=1))
    await write(PostgresWriteStore(engine, confirmed), register)
    async with PostgresPersonWriteStore(engine, confirmed).begin([niss]):
        pass
    with pytest.raises(ClockAhead):
        await write(PostgresWriteStore(engine, ClockGuard(recorded - timedelta(seconds=1))), register)


async def test_a_process_whose_clock_is_behind_refuses_too(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    register = await PersonHarness(engine, reading_engine).register()
    behind = ClockGuard(clock=lambda: datetime.now(UTC) - timedelta(minutes=2))
    with pytest.raises(ClockAhead):
        await write(PostgresWriteStore(engine, behind), register)
