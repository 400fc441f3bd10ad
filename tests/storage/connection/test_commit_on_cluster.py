"""The statements for a cluster, on a plain server; an error of COMMIT there does not tell the outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection import database
from raas.storage.connection.database import open_database
from raas.storage.connection.transactions import Transaction
from raas.storage.writes import load
from raas.usecases.ports.errors import StoreFault
from tests.conftest import CITUS_DSN
from tests.usecases.persons.harness import PersonHarness


@pytest.fixture
async def harness(
    dsn: str, engine: AsyncEngine, reading_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PersonHarness]:
    """Use cases on connections that take their server for the coordinator of a cluster."""
    if CITUS_DSN is None:
        monkeypatch.setattr(database, "_ADAPT_TO_CITUS", "SELECT 1")
        monkeypatch.setattr(load, "COMMITS", "SELECT 1, 'gid' WHERE false")
    cluster = open_database(dsn)
    yield PersonHarness(cluster, reading_engine)
    await cluster.dispose()


@pytest.mark.parametrize("committed", [True, False])
async def test_inscription_is_answered_as_its_writes_tell(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    register, niss = await harness.register(), await harness.person()
    close, failed = Transaction._close_pipeline, []

    async def fail(transaction: Transaction) -> None:
        await close(transaction)
        if transaction._committing and not failed:
            failed.append(transaction)
            monkeypatch.setattr("raas.storage.connection.transactions._COMMIT", "COMMIT")
            raise psycopg.errors.InternalError_(
                "could not commit transaction for shard 102010 on any active node"
            )

    if not committed:
        monkeypatch.setattr("raas.storage.connection.transactions._COMMIT", "ROLLBACK")
    monkeypatch.setattr(Transaction, "_close_pipeline", fail)
    await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    assert len(failed) == 1
    # The queue repeats only jobs that were not committed.
    assert [row[0] for row in await harness.log(register)] == [2]


async def test_refused_statement_is_a_fault_of_the_store(
    harness: PersonHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    register, niss = await harness.register(), await harness.person()
    refused = "raas.storage.connection.transactions._COMMIT"
    monkeypatch.setattr(refused, "SELECT 1 / 0 -- not on distributed tables")
    with pytest.raises(StoreFault, match="DivisionByZero"):
        await harness.inscribe(register, niss, "2024-01-01", "2024-01-31")
    assert await harness.log(register) == []


async def test_concurrent_writers_of_a_register_get_consecutive_revisions(
    harness: PersonHarness, reading_engine: AsyncEngine
) -> None:
    register, others = await harness.register(), PersonHarness(harness.engine, reading_engine)
    nisses = [await harness.person() for _ in range(20)]
    await asyncio.gather(
        *(
            (harness if place % 2 else others).inscribe(register, niss, "2024-01-01", "2024-01-31")
            for place, niss in enumerate(nisses)
        )
    )
    assert [row[0] for row in await harness.log(register)] == list(range(2, 22))
