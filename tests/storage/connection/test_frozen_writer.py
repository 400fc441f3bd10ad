"""A process that is frozen while it holds the lock of a register delays other writers for a bounded time."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import parse_day
from raas.domain.calendar.periods import Period
from raas.domain.registers.operation import Action, Operation
from raas.rpc.services.imports import OPERATIONS_LIMIT
from raas.storage.connection import limits as limits_module
from raas.storage.connection.database import open_database
from raas.storage.connection.limits import TransactionLimits
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.structure_source import StructureSource
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.write_store import LoadRequest
from raas.usecases.writes.imports import ImportMessage, Imports
from tests.conftest import CITUS_DSN
from tests.engines import close
from tests.usecases.persons.harness import PersonHarness, a_call, new_niss

# On the workers of a cluster, the wait for a lock is limited by the settings of the role.
LIMITS = TransactionLimits(6.0, 2.0) if CITUS_DSN else TransactionLimits(3.0, 0.4)
_SESSIONS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'raas'"""
NEVER = 10**9
"""A version of PostgreSQL that does not exist: no server has transaction_timeout."""

HOLDER = """
import asyncio, os, signal, sys
from raas.storage.connection import limits
from raas.storage.connection.database import open_database
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.write_store import LoadRequest

dsn, register_id, version = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
transaction_seconds, lock_seconds = map(float, sys.argv[4:])
limits._HAS_TRANSACTION_TIMEOUT = version

async def hold():
    bounds = limits.TransactionLimits(transaction_seconds, lock_seconds) if transaction_seconds else None
    store = PostgresWriteStore(open_database(dsn, limits=bounds))
    async with store.write(register_id, LoadRequest()) as transaction:
        # In a pipeline without its end: the session stays active, in ClientRead.
        await transaction._transaction.send([("SELECT 1", ())])
        await transaction._transaction.connection.execute("SELECT 2")
        print("holding", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)

asyncio.run(hold())
"""


@asynccontextmanager
async def frozen_holder(
    dsn: str, register: AdmittedRegister, version: int, limits: TransactionLimits | None
) -> AsyncIterator[None]:
    """A process that was stopped inside a transaction that holds the register.

    A server has limits, a database command none.
    """
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLDER,
        dsn,
        str(register.id),
        str(version),
        *((str(limits.transaction_seconds), str(limits.lock_seconds)) if limits else ("0", "0")),
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        assert await holder.stdout.readline() == b"holding\n"
        yield
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        await holder.wait()


async def write(engine: AsyncEngine, register: AdmittedRegister) -> None:
    """Hold the register for a moment."""
    async with PostgresWriteStore(engine).write(register.id, LoadRequest()):
        pass


@pytest.mark.parametrize("version", [limits_module._HAS_TRANSACTION_TIMEOUT, NEVER])
async def test_a_frozen_writer_is_ended_and_the_next_write_succeeds(
    dsn: str,
    engine: AsyncEngine,
    reading_engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
    version: int,
) -> None:
    monkeypatch.setattr(limits_module, "_HAS_TRANSACTION_TIMEOUT", version)
    harness = PersonHarness(engine, reading_engine)
    register, other, niss = await harness.register(), await harness.register(), await harness.person()
    limited = open_database(dsn, limits=LIMITS)
    try:
        waiting = PersonHarness(limited, reading_engine)
        # The session that will wait exists before the register is held.
        await write(limited, other)
        async with frozen_holder(dsn, register, version, LIMITS):
            # A wait without limit would end with the holder, and the write would succeed.
            with pytest.raises(StoreUnavailable):
                await write(limited, register)
            # The queue tries again until the holder was ended.
            await waiting.inscribe(register, niss, "2024-01-01", "2024-01-31")
    finally:
        await close(limited)
    assert [row[0] for row in await harness.log(register)] == [2]


async def test_a_database_command_is_never_ended(
    dsn: str, engine: AsyncEngine, reading_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits_module, "_HAS_TRANSACTION_TIMEOUT", NEVER)
    harness = PersonHarness(engine, reading_engine)
    register = await harness.register()
    limits = LIMITS if CITUS_DSN else TransactionLimits(0.5, 0.2)
    limited = open_database(dsn, limits=limits)
    try:
        async with frozen_holder(dsn, register, NEVER, None):
            ends = time.monotonic() + 2 * limits.transaction_seconds
            while time.monotonic() < ends:
                with pytest.raises(StoreUnavailable):
                    await write(limited, register)
        async with asyncio.timeout(60):
            while True:
                try:
                    await write(limited, register)
                    break
                except StoreUnavailable:
                    pass  # the session of the killed process ends in a moment
    finally:
        await close(limited)


async def processor_seconds(engine: AsyncEngine) -> float:
    """The time of the processor that this process and the sessions of PostgreSQL have used."""
    async with engine.connect() as connection:
        pids = (await connection.execute(text(_SESSIONS))).scalars().all()
    seconds = time.process_time()
    for pid in pids:
        # PostgreSQL may run on another machine.
        with suppress(psutil.Error):
            used = psutil.Process(pid).cpu_times()
            seconds += used.user + used.system
    return seconds


async def test_the_largest_writes_stay_below_half_of_the_limit(
    dsn: str, engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    old, new = await harness.person(), await harness.person()
    registers = [await harness.register() for _ in range(40)]
    for register in registers:
        await harness.inscribe(register, old, "2024-01-01", "2024-01-31")
    # In time of the processor, without what other processes of the machine take.
    half = TransactionLimits().transaction_seconds / 2
    limited = open_database(dsn, limits=TransactionLimits(transaction_seconds=120.0))
    try:
        within = PersonHarness(limited, reading_engine)
        began = await processor_seconds(limited)
        await within.numbers.replace(a_call(), old, new, validate_only=False)
        replaced = await processor_seconds(limited)
        period = Period(parse_day("2024-01-01"), parse_day("2024-02-01"))
        rows = [Operation(Action.INSCRIBE, new_niss(), "HEALTH", period) for _ in range(OPERATIONS_LIMIT)]

        async def messages() -> AsyncIterator[ImportMessage]:
            yield ImportMessage(None, 0, rows)

        imports = Imports(within.write_queues, within.write_store, StructureSource(), NoIdentities())
        (answer,) = [each async for each in imports.run(a_call(), registers[0], messages())]
        imported = await processor_seconds(limited)
    finally:
        await close(limited)
    assert answer.applied == OPERATIONS_LIMIT
    assert replaced - began < half
    assert imported - replaced < half


async def test_a_lost_client_is_noticed_by_the_server(dsn: str, engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        options = raw.info.get_parameters()["options"]
    assert "-c tcp_keepalives_idle=10" in options
    assert "-c tcp_user_timeout=20s" in options
