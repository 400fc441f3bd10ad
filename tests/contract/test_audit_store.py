"""The AuditStore, and the audit records that a write transaction carries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, new_chain, process_chain, register_chain
from raas.domain.audit.criteria import Criteria, salted_criteria
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.memory.audit.proof_store import MemoryProofStore
from raas.memory.audit.store import MemoryAuditStore
from raas.memory.write_store import MemoryWriteStore
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.process_session import HELD_LOCKS, life_lock
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.store import PostgresAuditStore
from raas.usecases.ports.audit.chains import AuditStore, ChainedRecord, ChainSealed, follow
from raas.usecases.ports.audit.proof import ProofStore, StoredRecord
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.write_store import LoadedState, LoadRequest, WriteSet, WriteStore
from tests.contract.book import new_book, persons
from tests.contract.stores import Stores, memory_stores, postgres_stores
from tests.eventually import eventually_async
from tests.usecases.proof.sample_log import ORIGIN

ANN, BOB = persons(2)
CALLER = Actor(EnterpriseNumber(999999922), "portal", "certificate:" + "ab" * 32, "ipv4:10.0.0.7:40112")
FULL = AuditRecord(
    RecordKind.CALL,
    1_767_601_800_000_125,
    CALLER._replace(on_behalf_of=EnterpriseNumber(999999823), end_user='é "u1"'),
    "/raas.v1.RegisterService/Consult",
    "OK",
    call_id=UUID(int=7),
    register=EnterpriseNumber(999999823),
    touched=(ANN, BOB),
    shown=(BOB,),
    bulk=BulkRead({"dossier_types": ["A", "é"], "overlaps": {"begin": "2024-01-01"}}, 3, 9, 12),
    legal_context="SOC-1",
    ticket="t/1",
    revision=9,
    count=4,
    details={"mandate": "m1", "break_glass": True, "hours": 4, "none": [], "text": "ü"},
)
"""A record with a value in every field but the hash of criteria."""


@dataclass
class AuditStores:
    """A store under test, what else works on the same records, and a way to end the process of a chain."""

    audit: AuditStore
    proof: ProofStore
    stores: Stores
    die: Callable[[UUID], Awaitable[None]]


def memory_audit_stores() -> AuditStores:
    stores = memory_stores()
    writes = stores.writes
    assert isinstance(writes, MemoryWriteStore)
    audit = MemoryAuditStore(writes.state.audit)

    async def die(process: UUID) -> None:
        audit.alive.discard(process)

    return AuditStores(audit, MemoryProofStore(audit.log.origin, audit.log), stores, die)


END_HOLDER = """
SELECT pg_terminate_backend(pid) FROM pg_locks
WHERE locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = %(lock)s
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


@pytest.fixture
async def postgres_audit_stores(
    engine: AsyncEngine, reading_engine: AsyncEngine, dsn: str
) -> AsyncIterator[AuditStores]:
    log = await open_audit_log(reading_engine, ORIGIN)
    audit = PostgresAuditStore(engine, dsn, log)

    async def die(process: UUID) -> None:
        """End the session that shows that the process is alive, as PostgreSQL does for one that is gone."""
        lock = life_lock(process)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(END_HOLDER, {"lock": lock})
            await eventually_async(lambda: (lock,) not in connection.execute(HELD_LOCKS).fetchall())

    stores = postgres_stores(engine, reading_engine, dsn, log)
    yield AuditStores(audit, PostgresProofStore(reading_engine, log.number), stores, die)
    await audit.close()


@pytest.fixture(params=["memory", "postgresql"])
def made(request: pytest.FixtureRequest) -> AuditStores:
    if request.param == "memory":
        return memory_audit_stores()
    stores: AuditStores = request.getfixturevalue("postgres_audit_stores")
    return stores


@pytest.fixture
def audit(made: AuditStores) -> AuditStore:
    return made.audit


class Chain:
    """The chain of a process as its owner knows it."""

    def __init__(self, store: AuditStore, process: UUID, state: ChainState) -> None:
        self.process = process
        self.state = state
        self._store = store
        self._times = count(FULL.time)

    def next(
        self, kind: RecordKind = RecordKind.CALL, criteria: Criteria | None = None, **fields: object
    ) -> ChainedRecord:
        """The next record, which becomes the last one of the state."""
        hashed = None if criteria is None else criteria.hash
        record = AuditRecord(
            kind,
            next(self._times),
            CALLER,
            "/a/B",
            "OK",
            criteria_hash=hashed,
            **fields,  # type: ignore[arg-type]
        )
        self.state, (chained,) = follow(self.state, [(record, criteria)])
        return chained

    async def append(self, count: int = 1) -> list[ChainedRecord]:
        records = [self.next() for _ in range(count)]
        await self._store.append(self.process, records)
        return records


async def begun(store: AuditStore) -> Chain:
    """A new chain of a process that is alive, with one record."""
    process = uuid4()
    chain = Chain(store, process, new_chain(await store.origin(), process_chain(process)))
    await store.begin(process, chain.next(RecordKind.BEGIN, details={"host": "h", "pid": 7}))
    return chain


def stored(chain: str, record: ChainedRecord) -> StoredRecord:
    seal = record.record.kind is RecordKind.SEAL
    return StoredRecord(chain, record.index, record.hash, record.record, record.criteria, seal)


async def test_records_of_a_process_are_kept_as_they_were_appended(made: AuditStores) -> None:
    chain = await begun(made.audit)
    criteria = salted_criteria({"last_name": "Peeters", "birth_date": "1985-00-00"})
    chain.state, (full,) = follow(chain.state, [(replace(FULL, criteria_hash=criteria.hash), criteria)])
    await made.audit.append(chain.process, [full, bare := chain.next()])
    name = process_chain(chain.process)
    assert await made.proof.records(name, 2, 9) == [stored(name, full), stored(name, bare)]
    assert await made.audit.length(chain.process) == 3


async def test_append_refuses_records_that_do_not_follow_the_last_one(audit: AuditStore) -> None:
    chain = await begun(audit)
    await chain.append(2)
    gap = [chain.next(), chain.next()]
    with pytest.raises(StoreFault):
        await audit.append(chain.process, gap[1:])
    await audit.append(chain.process, gap)
    with pytest.raises(StoreFault):
        await audit.append(chain.process, gap[1:])
    assert await audit.length(chain.process) == 5


async def test_record_is_kept_where_its_number_has_its_hash(audit: AuditStore) -> None:
    chain = await begun(audit)
    before = chain.state
    (kept,) = await chain.append()
    assert await audit.is_kept(chain.process, kept)
    _, (other,) = follow(before, [(replace(kept.record, outcome="OTHER"), None)])
    assert not await audit.is_kept(chain.process, other)
    assert not await audit.is_kept(chain.process, chain.next())
    assert not await audit.is_kept(uuid4(), kept)


async def test_length_of_a_chain_that_was_never_begun_is_zero(audit: AuditStore) -> None:
    assert await audit.length(uuid4()) == 0


async def test_chain_that_was_never_begun_takes_no_records(audit: AuditStore) -> None:
    process = uuid4()
    chain = Chain(audit, process, new_chain(await audit.origin(), process_chain(process)))
    with pytest.raises(ChainSealed):
        await chain.append()
    assert await audit.length(process) == 0


async def test_sealed_chain_takes_no_more_records(audit: AuditStore) -> None:
    chain = await begun(audit)
    await audit.seal(chain.process, chain.next(RecordKind.SEAL, details={"cause": "ended"}))
    with pytest.raises(ChainSealed):
        await chain.append()
    assert await audit.length(chain.process) == 2


async def test_seal_is_stored_as_the_seal(made: AuditStores) -> None:
    chain = await begun(made.audit)
    await made.audit.seal(chain.process, seal := chain.next(RecordKind.SEAL, details={"cause": "ended"}))
    name = process_chain(chain.process)
    assert await made.proof.records(name, 2, 2) == [stored(name, seal)]


async def test_chain_of_a_living_process_is_not_dead(audit: AuditStore) -> None:
    chain = await begun(audit)
    assert chain.state not in await audit.dead_chains()
    assert not await audit.seal_dead(chain.process, chain.next(RecordKind.SEAL))
    assert await audit.length(chain.process) == 1


async def test_chain_of_a_dead_process_is_sealed_once(made: AuditStores) -> None:
    chain = await begun(made.audit)
    await chain.append(3)
    await made.die(chain.process)
    assert chain.state in await made.audit.dead_chains()
    seal = chain.next(RecordKind.SEAL, details={"cause": "died", "by": "process/x"})
    assert await made.audit.seal_dead(chain.process, seal)
    assert not await made.audit.seal_dead(chain.process, seal)
    assert process_chain(chain.process) not in {state.chain for state in await made.audit.dead_chains()}
    with pytest.raises(ChainSealed):
        await chain.append()
    assert await made.audit.length(chain.process) == 5


async def test_seal_that_does_not_follow_the_last_record_of_a_dead_process_is_not_appended(
    made: AuditStores,
) -> None:
    chain = await begun(made.audit)
    outdated = Chain(made.audit, chain.process, chain.state)
    await chain.append()
    await made.die(chain.process)
    assert not await made.audit.seal_dead(chain.process, outdated.next(RecordKind.SEAL))
    assert chain.state in await made.audit.dead_chains()


# ---- records that a write transaction carries -------------------------------------------------------


def only_records(loaded: LoadedState, *records: AuditRecord) -> WriteSet:
    """A write set of a transaction that changes nothing, and records that."""
    assert loaded.audit is not None
    _, chained = follow(loaded.audit, [(record, None) for record in records])
    return WriteSet([], {}, 0, loaded.record_time, loaded.checksum, loaded.types_revision, audit=chained)


async def write(writes: WriteStore, register: int, *records: AuditRecord) -> LoadedState:
    """Append records to the chain of a register; answers the state before."""
    async with writes.write(register, LoadRequest()) as transaction:
        await transaction.write(only_records(transaction.loaded, *records))
        await transaction.commit()
    return transaction.loaded


async def test_write_transaction_appends_to_the_chain_of_its_register(made: AuditStores) -> None:
    book = await new_book(made.stores, "A")
    chain = register_chain(book.number)
    first = await write(made.stores.writes, book.id, FULL)
    assert first.audit == new_chain(await made.audit.origin(), chain)
    then = await write(made.stores.writes, book.id, replace(FULL, touched=(), shown=()), FULL)
    assert then.audit is not None
    assert then.audit.length == 1
    assert then.revision == first.revision
    last, chained = follow(
        first.audit, [(FULL, None), (replace(FULL, touched=(), shown=()), None), (FULL, None)]
    )
    assert await made.proof.records(chain, 1, 9) == [stored(chain, record) for record in chained]
    async with made.stores.writes.write(book.id, LoadRequest()) as transaction:
        assert transaction.loaded.audit == last


async def test_write_transaction_without_commit_appends_nothing(made: AuditStores) -> None:
    book = await new_book(made.stores, "A")
    async with made.stores.writes.write(book.id, LoadRequest()) as transaction:
        await transaction.write(only_records(transaction.loaded, FULL))
    assert await made.proof.records(register_chain(book.number), 1, 9) == []


async def test_parts_of_a_write_transaction_continue_one_chain(made: AuditStores) -> None:
    book = await new_book(made.stores, "A")
    async with made.stores.writes.write(book.id, LoadRequest()) as transaction:
        loaded = transaction.loaded
        await transaction.write(only_records(loaded, FULL))
        assert loaded.audit is not None
        state, _ = follow(loaded.audit, [(FULL, None)])
        await transaction.write(only_records(replace(loaded, audit=state), FULL))
        await transaction.commit()
    async with made.stores.writes.write(book.id, LoadRequest()) as transaction:
        assert transaction.loaded.audit == follow(state, [(FULL, None)])[0]


async def test_change_of_a_person_appends_to_the_chain_of_each_register(made: AuditStores) -> None:
    book = await new_book(made.stores, "A")
    await made.stores.add_persons([ANN])
    await book.set((ANN, "A", ()))
    async with made.stores.person_writes.begin([ANN]) as transaction:
        (register,) = (each for each in transaction.registers if each.id == book.id)
        await transaction.commit({}, [(book.id, only_records(register.state, FULL))])
    stored_records = await made.proof.records(register_chain(book.number), 1, 9)
    assert [each.record for each in stored_records] == [FULL]
