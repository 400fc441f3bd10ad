"""The session in which a process appends to its chain: the chain lives as long as the session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, new_chain, process_chain
from raas.domain.audit.criteria import Criteria, salted_criteria
from raas.domain.audit.record import Actor, AuditRecord, RecordKind
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.process_session import HELD_LOCKS, life_lock
from raas.storage.audit.store import PostgresAuditStore
from raas.usecases.ports.audit.chains import ChainedRecord, ChainSealed, follow
from raas.usecases.ports.errors import StoreUnavailable
from tests.eventually import eventually_async
from tests.usecases.proof.sample_log import ORIGIN

_SESSION = """
SELECT pid FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = %(lock)s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_WAITS = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %(pid)s"
_END = "SELECT pg_terminate_backend(%(pid)s::int)"


@dataclass
class Chain:
    """A chain that has begun."""

    process: UUID
    state: ChainState

    def next(self, kind: RecordKind = RecordKind.CALL, criteria: Criteria | None = None) -> ChainedRecord:
        hashed = None if criteria is None else criteria.hash
        record = AuditRecord(kind, 1_767_601_800_000_125, Actor(), "/a/B", "OK", criteria_hash=hashed)
        self.state, (chained,) = follow(self.state, [(record, criteria)])
        return chained


@pytest.fixture
async def store(
    engine: AsyncEngine, reading_engine: AsyncEngine, dsn: str
) -> AsyncIterator[PostgresAuditStore]:
    store = PostgresAuditStore(engine, dsn, await open_audit_log(reading_engine, ORIGIN))
    yield store
    await store.close()


async def begun(store: PostgresAuditStore) -> Chain:
    process = uuid4()
    chain = Chain(process, new_chain(await store.origin(), process_chain(process)))
    await store.begin(process, chain.next(RecordKind.BEGIN))
    return chain


def autocommitting(dsn: str) -> AbstractContextManager[psycopg.Connection]:
    return psycopg.connect(dsn, autocommit=True)


def session_of(observer: psycopg.Connection, chain: Chain) -> int:
    row = observer.execute(_SESSION, {"lock": life_lock(chain.process)}).fetchone()
    assert row is not None
    pid: int = row[0]
    return pid


async def wait_for_lock(observer: psycopg.Connection, pid: int) -> None:
    await eventually_async(lambda: observer.execute(_WAITS, {"pid": pid}).fetchone() == (True,))


async def test_append_whose_session_is_ended_is_known_not_to_be_kept(
    store: PostgresAuditStore, dsn: str
) -> None:
    chain = await begun(store)
    begun_state = chain.state
    with autocommitting(dsn) as observer, psycopg.connect(dsn) as blocker:
        pid = session_of(observer, chain)
        blocker.execute("LOCK TABLE audit_call IN SHARE MODE")
        appending = asyncio.create_task(store.append(chain.process, [chain.next()]))
        await wait_for_lock(observer, pid)
        observer.execute(_END, {"pid": pid})
        with pytest.raises(StoreUnavailable):
            await appending
    assert await store.length(chain.process) == 1
    chain.state = begun_state
    with pytest.raises(ChainSealed):
        await store.append(chain.process, [chain.next()])


async def test_append_that_was_committed_when_its_session_ended_is_kept(
    store: PostgresAuditStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = await begun(store)
    # The driver loses the connection after the database has committed.
    connection = store._session._connection
    assert connection is not None
    execute = connection.execute

    async def execute_and_lose_the_answer(statement: str, parameters: object) -> None:
        await execute(statement, parameters)
        raise psycopg.OperationalError("the connection is lost")

    monkeypatch.setattr(connection, "execute", execute_and_lose_the_answer)
    await store.append(chain.process, [chain.next()])
    assert await store.length(chain.process) == 2
    with pytest.raises(ChainSealed):
        await store.append(chain.process, [chain.next()])


async def test_process_seals_its_own_chain_after_the_session_was_lost(
    store: PostgresAuditStore, dsn: str
) -> None:
    chain = await begun(store)
    with autocommitting(dsn) as observer:
        observer.execute(_END, {"pid": session_of(observer, chain)})
        lock = (life_lock(chain.process),)
        await eventually_async(lambda: lock not in observer.execute(HELD_LOCKS).fetchall())
    seal = chain.next(RecordKind.SEAL)
    await store.seal(chain.process, seal)
    assert await store.length(chain.process) == 2
    with pytest.raises(ChainSealed):
        await store.seal(chain.process, seal)


async def test_cancelled_append_ends_the_chain(store: PostgresAuditStore, dsn: str) -> None:
    chain = await begun(store)
    with autocommitting(dsn) as observer, psycopg.connect(dsn) as blocker:
        pid = session_of(observer, chain)
        blocker.execute("LOCK TABLE audit_call IN SHARE MODE")
        appending = asyncio.create_task(store.append(chain.process, [chain.next()]))
        await wait_for_lock(observer, pid)
        appending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await appending
    with pytest.raises(ChainSealed):
        await store.append(chain.process, [chain.next()])
    assert await store.length(chain.process) == 1


async def test_chain_that_begins_after_the_session_was_lost_has_a_new_one(
    store: PostgresAuditStore, dsn: str
) -> None:
    first = await begun(store)
    with autocommitting(dsn) as observer:
        pid = session_of(observer, first)
        observer.execute(_END, {"pid": pid})
        lock = (life_lock(first.process),)
        await eventually_async(lambda: lock not in observer.execute(HELD_LOCKS).fetchall())
        second = await begun(store)
        assert session_of(observer, second) != pid
    await store.append(second.process, [second.next(criteria=salted_criteria({"last_name": "Peeters"}))])
    assert await store.length(second.process) == 2
