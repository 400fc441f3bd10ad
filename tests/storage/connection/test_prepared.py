"""A prepared transaction delays writers for a bounded time, and hides the outcome of no COMMIT."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from raas.storage.connection.database import open_database
from raas.storage.connection.limits import TransactionLimits
from raas.storage.connection.transactions import Transaction
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.write_store import LoadRequest
from tests.conftest import CITUS_DSN
from tests.engines import close
from tests.eventually import eventually_async
from tests.usecases.persons.harness import PersonHarness

LIMITS = TransactionLimits(transaction_seconds=60.0, lock_seconds=0.4)
ENDS = "COMMIT PREPARED", "ROLLBACK PREPARED"


@pytest.fixture(autouse=True)
def _require_prepared_transactions(dsn: str) -> None:
    if CITUS_DSN is not None:
        pytest.skip("the coordinator of a cluster prepares no transaction: its nodes do")
    with psycopg.connect(dsn) as connection:
        if connection.execute("SHOW max_prepared_transactions").fetchone() == ("0",):
            pytest.skip("the PostgreSQL of RAAS_TEST_DSN has max_prepared_transactions = 0")


@pytest.fixture
async def harness(dsn: str, engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[PersonHarness]:
    """Use cases on an engine with LIMITS; `engine` has migrated its database."""
    assert engine is not None
    limited = open_database(dsn, limits=LIMITS)
    yield PersonHarness(limited, reading_engine)
    await close(limited)


@contextmanager
def prepared_change(dsn: str, register_id: int) -> Iterator[Callable[[str], None]]:
    """A prepared transaction that changed the head of the register; yields a function that ends it."""
    gid = f"left behind {uuid4().hex}"
    with psycopg.connect(dsn, autocommit=True) as connection:

        def end(how: str) -> None:
            connection.execute(f"{how} '{gid}'")

        with psycopg.connect(dsn) as lost:
            lost.execute(
                "UPDATE register_head SET dossier_count = dossier_count + 10 WHERE register_id = %s",
                (register_id,),
            )
            lost.execute(f"PREPARE TRANSACTION '{gid}'")
        try:
            yield end
        finally:
            left = connection.execute("SELECT 1 FROM pg_prepared_xacts WHERE gid = %s", (gid,)).fetchone()
            if left:
                end("ROLLBACK PREPARED")


async def test_wait_for_a_prepared_transaction_is_bounded_and_the_log_names_it(
    harness: PersonHarness, dsn: str
) -> None:
    register = await harness.register()
    with prepared_change(dsn, register.id), capture_logs() as logs:
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            async with PostgresWriteStore(harness.engine).write(register.id, LoadRequest()):
                pass
        # The limit of the lock, not that of the transaction.
        assert time.monotonic() - began < LIMITS.transaction_seconds / 2
        found = await eventually_async(lambda: [entry for entry in logs if "gid" in entry])
    assert [entry["gid"].startswith("left behind") for entry in found] == [True]
    assert found[0]["log_level"] == "warning"
    assert found[0]["seconds"] >= 0


@pytest.mark.parametrize("end", ENDS)
async def test_write_goes_on_when_the_prepared_transaction_ends(
    harness: PersonHarness, dsn: str, end: str
) -> None:
    register, niss = await harness.register(), await harness.person()
    with prepared_change(dsn, register.id) as end_it:
        writing = asyncio.create_task(harness.inscribe(register, niss, "2024-01-01", "2024-01-31"))
        await asyncio.sleep(1.5 * LIMITS.lock_seconds)
        assert not writing.done()
        end_it(end)
        await writing
    with psycopg.connect(dsn) as connection:
        query = "SELECT revision, dossier_count FROM register_head WHERE register_id = %s"
        found = connection.execute(query, (register.id,)).fetchone()
    assert found == (2, 11 if end == "COMMIT PREPARED" else 1)


@pytest.mark.parametrize("end", ENDS)
async def test_lost_commit_is_resolved_when_its_prepared_transaction_ends(
    harness: PersonHarness, dsn: str, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    register, niss = await harness.register(), await harness.person()
    gid = f"lost {uuid4().hex}"
    close, prepared = Transaction._close_pipeline, asyncio.Event()

    async def lose(transaction: Transaction) -> None:
        if not transaction._committing or prepared.is_set():
            return await close(transaction)
        prepared.set()
        monkeypatch.setattr("raas.storage.connection.transactions._COMMIT", "COMMIT")
        await close(transaction)
        await transaction.connection.close()
        raise psycopg.OperationalError("lost")

    monkeypatch.setattr(Transaction, "_close_pipeline", lose)
    monkeypatch.setattr("raas.storage.connection.transactions._COMMIT", f"PREPARE TRANSACTION '{gid}'")
    writing: Awaitable[object] = asyncio.ensure_future(
        harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    )
    await prepared.wait()
    with psycopg.connect(dsn, autocommit=True) as connection:
        await asyncio.sleep(LIMITS.lock_seconds / 2)
        connection.execute(f"{end} '{gid}'")
    await writing
    # Written once: the queue repeats only jobs that were not committed.
    assert [row[0] for row in await harness.log(register)] == [2]
