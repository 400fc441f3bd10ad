"""A database that does not answer on the session of the audit: a backend that is stopped, by its pid."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.domain.errors import Reason, Refused
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.process_session import life_lock
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.database import open_database
from raas.storage.connection.limits import TransactionLimits
from raas.usecases.calls.audit.call_audit import Entry
from raas.usecases.ports.errors import CommitUnknown, PortError
from raas.usecases.recording.process_chain import ProcessChain
from tests.engines import close
from tests.eventually import eventually_async
from tests.storage.audit.test_process_session import autocommitting, begun
from tests.usecases.proof.sample_log import ORIGIN

LIMITS = TransactionLimits(4.0, 1.0)
_KEPT = "SELECT call_id FROM audit_call WHERE call_id = ANY(%s)"
_SEALED = "SELECT FROM audit_seal WHERE chain = %s"
_HOLDER = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = %s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_BACKEND = "SELECT FROM pg_stat_activity WHERE pid = %s"


@pytest.fixture
async def store(reading_engine: AsyncEngine, dsn: str) -> AsyncIterator[PostgresAuditStore]:
    engine = open_database(dsn, limits=LIMITS)
    store = PostgresAuditStore(engine, dsn, await open_audit_log(reading_engine, ORIGIN))
    yield store
    await store.close()
    await close(engine)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """The backend of this pid neither works nor answers."""
    try:
        os.kill(pid, signal.SIGSTOP)
    except (ProcessLookupError, PermissionError):
        pytest.skip("PostgreSQL runs on another machine or as another user")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def call() -> Entry:
    return AuditRecord(RecordKind.CALL, 1_767_601_800_000_125, Actor(), "/a/B", "OK", uuid4()), None


async def refused(chain: ProcessChain, entry: Entry) -> bool:
    try:
        await chain.append([entry])
    except Refused as error:
        return [each.reason for each in error.violations] == [Reason.AUDIT_UNAVAILABLE]
    return False


async def sealed(chain: ProcessChain) -> bool:
    try:
        await chain.seal_given_up()
    except PortError:
        return False
    return True


def process_of(chain: ProcessChain) -> UUID:
    assert chain.name is not None
    return UUID(chain.name.removeprefix("process/"))


def backend_of(observer: psycopg.Connection, process: UUID) -> int:
    """The pid of the backend whose session appends to a chain."""
    row = observer.execute(_HOLDER, (life_lock(process),)).fetchone()
    assert row is not None
    pid: int = row[0]
    return pid


async def wait_for_end(observer: psycopg.Connection, pid: int) -> None:
    await eventually_async(lambda: observer.execute(_BACKEND, (pid,)).fetchone() is None)


async def test_append_on_a_stopped_backend_ends_and_its_outcome_is_known_once_the_backend_has_ended(
    store: PostgresAuditStore, dsn: str
) -> None:
    chain = await begun(store)
    record = chain.next()
    with autocommitting(dsn) as observer:
        pid = backend_of(observer, chain.process)
        with stopped(pid):
            with pytest.raises(CommitUnknown):
                await store.append(chain.process, [record])
            with pytest.raises(CommitUnknown):
                await store.is_kept(chain.process, record)
        # It was told to end while it was stopped.
        await wait_for_end(observer, pid)
    kept = await store.is_kept(chain.process, record)
    assert await store.length(chain.process) == 1 + kept


async def test_calls_go_on_in_another_chain_while_a_backend_is_stopped(
    store: PostgresAuditStore, dsn: str
) -> None:
    chain = ProcessChain(store)
    failed: list[int] = []
    with autocommitting(dsn) as observer:
        while await refused(chain, first := call()):
            pass
        old = process_of(chain)
        pid = backend_of(observer, old)
        with stopped(pid):
            waiting = asyncio.ensure_future(refused(chain, second := call()))
            chain.append_later([later := call()], lambda: failed.append(1))
            assert await waiting
            while await refused(chain, answered := call()):
                pass
            with pytest.raises(PortError):
                await chain.seal_given_up()
        await wait_for_end(observer, pid)
        while not await sealed(chain):
            pass
        await chain.close()
        assert observer.execute(_SEALED, (old,)).fetchone() is not None
        ids = [entry[0].call_id for entry in (first, later, answered, second)]
        kept = Counter(call_id for (call_id,) in observer.execute(_KEPT, (ids,)))
    assert [kept[each] for each in ids[:3]] == [1, 1, 1]
    assert kept[ids[3]] <= 1
    assert failed == []
