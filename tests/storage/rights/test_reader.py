"""The reader of rights and its connection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.storage.rights.reader import PostgresRightsReader
from raas.storage.rights.store import PostgresRightsStore
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.rights import UNKNOWN_VERSION

OWNER, FRIEND = EnterpriseNumber(999999922), EnterpriseNumber(206731645)

pytestmark = pytest.mark.usefixtures("patient_rights_reader")


@pytest.fixture
async def reader(engine: AsyncEngine, dsn: str) -> AsyncIterator[PostgresRightsReader]:
    with closing(PostgresRightsReader(dsn)) as reader:
        yield reader


async def new_mandate(engine: AsyncEngine) -> Mandate:
    async with PostgresRightsStore(engine, engine).change() as transaction:
        permissions = frozenset({MandatePermission.READ})
        mandate = Mandate(uuid4(), OWNER, FRIEND, permissions, OWNER, transaction.time)
        await transaction.put(mandate)
    return mandate


def end_sessions(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'raas rights' AND datname = current_database()"
        )


async def test_all_rights_are_read_again_on_a_new_connection(
    reader: PostgresRightsReader, engine: AsyncEngine, dsn: str
) -> None:
    kept = await new_mandate(engine)
    version = (await reader.read(UNKNOWN_VERSION)).version
    end_sessions(dsn)
    with pytest.raises(StoreUnavailable):
        await reader.read(version)
    again = await reader.read(version)
    assert again.complete
    assert kept in again.rows
    assert not (await reader.read(again.version)).complete


async def test_session_that_ends_while_it_waits_is_reported(reader: PostgresRightsReader, dsn: str) -> None:
    await reader.read(UNKNOWN_VERSION)
    waiting = asyncio.create_task(reader.changed(30))
    await asyncio.sleep(0)
    await asyncio.to_thread(end_sessions, dsn)
    with pytest.raises(StoreUnavailable):
        await waiting
    assert (await reader.read(UNKNOWN_VERSION)).complete


async def test_answer_that_does_not_come_in_time_is_not_waited_for(
    reader: PostgresRightsReader, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = (await reader.read(UNKNOWN_VERSION)).version
    monkeypatch.setattr("raas.storage.rights.reader._READ_SECONDS", 0.2)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("LOCK TABLE rights_version IN ACCESS EXCLUSIVE MODE")
        begun = asyncio.get_running_loop().time()
        with pytest.raises(StoreUnavailable):
            await reader.read(version)
        assert asyncio.get_running_loop().time() - begun < 5
        await connection.rollback()
    assert (await reader.read(version)).version == version


_PROCESS_THAT_STOOD_STILL = """
import asyncio, sys, time
import uvloop
from raas.storage.connection.connect import connect
from raas.storage.rights import reader as module

class Reader(module.PostgresRightsReader):
    async def _read(self, known):
        await asyncio.sleep(0.01)
        return await self._connection.execute("SELECT pg_sleep(300)")

async def main():
    module._READ_SECONDS, reader = 0.02, Reader(sys.argv[1])
    reader._connection = await connect(reader._parameters, autocommit=True)
    reading = asyncio.create_task(reader.read(1))
    for _ in range(5):
        await asyncio.sleep(0)
    time.sleep(0.1)  # Now the statement begins in the turn of the event loop in which the limit has passed.
    await asyncio.wait({reading})
    print(reading.exception())

uvloop.run(main())
"""


def test_limit_that_passes_as_a_statement_begins_does_not_end_the_process(dsn: str) -> None:
    """Nothing may close a socket that the event loop is about to watch: libuv would abort the process."""
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS_THAT_STOOD_STILL, dsn], capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stdout) == (0, "no answer within 0.02 seconds\n"), done.stderr
