"""The store that the proof of the audit needs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import NamedTuple, Protocol
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, new_chain
from raas.domain.audit.criteria import Criteria, salted_criteria
from raas.domain.audit.record import Actor, AuditRecord, RecordKind, record_texts
from raas.domain.audit.tiles import TilePart, TilePlace
from raas.maintenance.database import migrate
from raas.memory.audit.proof_store import MemoryProofStore
from raas.storage.audit.chains import process_of
from raas.storage.audit.log import AuditLog
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.database import open_database
from raas.storage.connection.query import write
from raas.storage.maintenance.audit_removal import PostgresAuditRemoval
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.audit.chains import ChainedRecord, follow
from raas.usecases.ports.audit.proof import (
    CheckpointTaken,
    CheckpointToStore,
    LoggedRange,
    NewRecords,
    ProofStore,
    StoredRecord,
)
from raas.usecases.ports.write_store import LoadRequest, WriteSet
from tests.conftest import new_database
from tests.usecases.proof.sample_log import ANN, BOB, FIRST, ORIGIN, OWNER, SECOND, START, WRITES

SECOND_LONG = 1_000_000


class ProofLog(Protocol):
    """A store under test, and a way to record in it."""

    @property
    def store(self) -> ProofStore: ...

    async def append(
        self, chain: str, record: AuditRecord, criteria: Criteria | None = None
    ) -> StoredRecord: ...

    async def remove_before(self, time: int) -> None: ...


class MemoryLog:
    def __init__(self) -> None:
        self.store = MemoryProofStore(ORIGIN)

    async def append(self, chain: str, record: AuditRecord, criteria: Criteria | None = None) -> StoredRecord:
        return self.store.append(chain, record, criteria)

    async def remove_before(self, time: int) -> None:
        self.store.remove_before(time)


class PostgresLog:
    """A log of its own on a database that all tests of this module share; chains begin as in `ORIGIN`."""

    def __init__(self, database: Database, register: int, log: AuditLog) -> None:
        self.store = PostgresProofStore(database.reading, log.number)
        self._register = register
        self._audit = PostgresAuditStore(database.writing, database.dsn, log)
        self._writes = PostgresWriteStore(database.writing, log=log)
        self._removal = PostgresAuditRemoval(database.writing, log.number)
        self._states: dict[str, ChainState] = {}

    async def append(self, chain: str, record: AuditRecord, criteria: Criteria | None = None) -> StoredRecord:
        before = self._states.get(chain, new_chain(ORIGIN, chain))
        self._states[chain], (chained,) = follow(before, [(record, criteria)])
        process, is_seal = process_of(chain), record.kind is RecordKind.SEAL
        if process is None:
            await self._append_to_register(chained)
        elif before.length == 0:
            await self._audit.begin(process, chained)
        elif is_seal:
            await self._audit.seal(process, chained)
        else:
            await self._audit.append(process, [chained])
        return StoredRecord(chain, chained.index, chained.hash, record, criteria, is_seal)

    async def _append_to_register(self, chained: ChainedRecord) -> None:
        async with self._writes.write(self._register, LoadRequest()) as transaction:
            loaded = transaction.loaded
            written = WriteSet(
                [], {}, 0, loaded.record_time, loaded.checksum, loaded.types_revision, audit=[chained]
            )
            await transaction.write(written)
            await transaction.commit()

    async def remove_before(self, time: int) -> None:
        before = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
        assert await self._removal.remove_before(before) is not None

    async def close(self) -> None:
        await self._audit.close()


class Database(NamedTuple):
    """A database for the tests of this module, each of which has a log of its own."""

    dsn: str
    writing: AsyncEngine
    reading: AsyncEngine


@pytest.fixture(scope="module")
async def database(server_dsn: str) -> AsyncIterator[Database]:
    with new_database(server_dsn) as dsn:
        await asyncio.to_thread(migrate, dsn)
        made = Database(dsn, open_database(dsn), open_database(dsn, autocommit=True))
        yield made
        await made.writing.dispose()
        await made.reading.dispose()


_LOGS = count(1)


@pytest.fixture
async def postgres_log(database: Database) -> AsyncIterator[ProofLog]:
    log = AuditLog(next(_LOGS), ORIGIN)
    registers = PostgresRegisterStore(database.reading)
    register = await registers.find(OWNER) or await registers.create(OWNER, "Owner")
    # As a new log begins: every chain from its first record.
    await write(database.reading, _FIRST_RECORDS, {})
    made = PostgresLog(database, register.id, log)
    yield made
    await made.close()


_FIRST_RECORDS = "UPDATE register_head SET audit_length = 0, audit_hash = NULL RETURNING register_id"


@pytest.fixture(params=["memory", "postgresql"])
def log(request: pytest.FixtureRequest) -> ProofLog:
    if request.param == "memory":
        return MemoryLog()
    made: ProofLog = request.getfixturevalue("postgres_log")
    return made


def call(number: int, kind: RecordKind = RecordKind.CALL, **fields: object) -> AuditRecord:
    time = START + number * SECOND_LONG
    return AuditRecord(kind, time, Actor(), "/a/B", "OK", call_id=UUID(int=number), **fields)


def seal(number: int) -> AuditRecord:
    return call(number, RecordKind.SEAL, details={"cause": "ended"})


async def checkpoint(
    log: ProofLog, number: int, new: list[tuple[str, list[StoredRecord]]], size: int
) -> CheckpointToStore:
    """Store a checkpoint over these new records, with a part of a tile that stands for them."""
    leaf = size - sum(len(records) for _, records in new)
    part = TilePart(TilePlace(0, 0), leaf, tuple(stored.hash for _, records in new for stored in records))
    ranges = []
    for chain, records in new:
        ranges.append(LoggedRange(leaf, chain, records[0].index, records[-1].index, number))
        leaf += len(records)
    made = CheckpointToStore(
        number,
        size,
        b"note %d" % number,
        ranges,
        [part] if part.hashes else [],
        [ChainState(chain, records[-1].index, records[-1].hash) for chain, records in new],
        {chain for chain, records in new if records[-1].seal},
    )
    await log.store.store(made)
    return made


async def test_empty_log_has_nothing(log: ProofLog) -> None:
    store = log.store
    assert await store.newest_note() is None
    assert await store.note(1) is None
    assert list(await store.open_chains()) == []
    assert list(await store.new_records((), 10)) == []
    assert await store.tiles([TilePlace(0, 0)]) == {}
    assert list(await store.ranges(0, 10)) == []
    assert await store.range_of(WRITES, 1) is None
    assert list(await store.records(WRITES, 1, 10)) == []
    assert list(await store.records_of_call(UUID(int=1))) == []
    assert await store.removal() is None


async def test_record_is_read_back_as_it_was_recorded(log: ProofLog) -> None:
    criteria = salted_criteria({"last_name": "Peeters"})
    full = call(1, register=None, touched=(ANN,), shown=(ANN, BOB), ticket="T", criteria_hash=criteria.hash)
    await log.append(FIRST, full, criteria)
    await log.append(FIRST, seal(2))
    first, second = await log.store.records(FIRST, 1, 9)
    state = new_chain(ORIGIN, FIRST).follow(record_texts(full))
    assert first == StoredRecord(FIRST, 1, state.head, full, criteria)
    assert (second.index, second.seal) == (2, True)
    assert [each.index for each in await log.store.records(FIRST, 2, 2)] == [2]
    assert list(await log.store.records_of_call(UUID(int=1))) == [first]


async def test_new_records_are_those_after_the_logged_ones(log: ProofLog) -> None:
    writes = [await log.append(WRITES, call(n)) for n in range(1, 6)]
    reads = [await log.append(FIRST, call(10)), await log.append(FIRST, seal(11))]
    state = ChainState(WRITES, 2, writes[1].hash)
    found = {each.chain: each for each in await log.store.new_records((state,), 10)}
    assert found == {
        WRITES: NewRecords(WRITES, 3, [stored.hash for stored in writes[2:]], False),
        FIRST: NewRecords(FIRST, 1, [stored.hash for stored in reads], True),
    }


async def test_limit_of_new_records_cuts_a_chain_before_its_seal(log: ProofLog) -> None:
    reads = [
        await log.append(FIRST, call(1)),
        await log.append(FIRST, call(2)),
        await log.append(FIRST, seal(3)),
    ]
    (found,) = await log.store.new_records((), 2)
    assert found == NewRecords(FIRST, 1, [stored.hash for stored in reads[:2]], False)


async def test_checkpoint_is_stored_once_with_all_that_belongs_to_it(log: ProofLog) -> None:
    writes = [await log.append(WRITES, call(n)) for n in (1, 2)]
    reads = [await log.append(FIRST, call(3))]
    made = await checkpoint(log, 1, [(FIRST, reads), (WRITES, writes)], 3)
    with pytest.raises(CheckpointTaken):
        await log.store.store(made)
    store = log.store
    assert await store.newest_note() == await store.note(1) == b"note 1"
    assert list(await store.ranges(0, 10)) == list(made.ranges)
    assert {each.chain: each for each in await store.open_chains()} == {
        each.chain: each for each in made.chains
    }
    assert {place: tuple(hashes) for place, hashes in (await store.tiles([TilePlace(0, 0)])).items()} == {
        TilePlace(0, 0): tuple(stored.hash for stored in (*reads, *writes))
    }
    assert list(await store.new_records(await store.open_chains(), 10)) == []


async def test_checkpoint_that_does_not_follow_the_last_one_is_not_stored(log: ProofLog) -> None:
    stored = [await log.append(WRITES, call(n)) for n in (1, 2)]
    await checkpoint(log, 1, [(WRITES, stored[:1])], 1)
    with pytest.raises(CheckpointTaken):
        await checkpoint(log, 3, [(WRITES, stored[1:])], 2)
    assert await log.store.note(3) is None
    assert await log.store.newest_note() == b"note 1"
    assert [each.checkpoint for each in await log.store.ranges(0, 10)] == [1]


async def test_parts_of_a_tile_are_put_together_in_their_order(log: ProofLog) -> None:
    stored = [await log.append(WRITES, call(n)) for n in range(1, 8)]
    for number, (first, last) in enumerate(((0, 3), (3, 4), (4, 7)), 1):
        await checkpoint(log, number, [(WRITES, stored[first:last])], last)
    tiles = await log.store.tiles([TilePlace(0, 0), TilePlace(1, 0)])
    assert list(tiles) == [TilePlace(0, 0)]
    assert list(tiles[TilePlace(0, 0)]) == [each.hash for each in stored]


async def test_ranges_begin_with_the_one_that_holds_a_leaf(log: ProofLog) -> None:
    writes = [await log.append(WRITES, call(n)) for n in range(1, 6)]
    reads = [await log.append(SECOND, call(n)) for n in (10, 11)]
    await checkpoint(log, 1, [(WRITES, writes[:2])], 2)
    await checkpoint(log, 2, [(SECOND, reads), (WRITES, writes[2:])], 7)
    first, second, third = (
        LoggedRange(0, WRITES, 1, 2, 1),
        LoggedRange(2, SECOND, 1, 2, 2),
        LoggedRange(4, WRITES, 3, 5, 2),
    )
    assert list(await log.store.ranges(0, 10)) == [first, second, third]
    assert list(await log.store.ranges(3, 10)) == [second, third]
    assert list(await log.store.ranges(4, 10)) == [third]
    assert list(await log.store.ranges(0, 2)) == [first, second]
    assert [await log.store.range_of(WRITES, n) for n in (1, 2, 3, 5, 6)] == [
        first,
        first,
        third,
        third,
        None,
    ]


async def test_sealed_chain_is_not_open_and_never_new_again(log: ProofLog) -> None:
    reads = [await log.append(FIRST, call(1)), await log.append(FIRST, seal(2))]
    await checkpoint(log, 1, [(FIRST, reads)], 2)
    assert list(await log.store.open_chains()) == []
    assert list(await log.store.new_records((), 10)) == []


async def test_deliveries_are_remembered_per_destination(log: ProofLog) -> None:
    assert await log.store.delivered("directory") == 0
    for number in (1, 2, 2):
        await log.store.record_delivery("directory", number)
    await log.store.record_delivery("command", 1)
    assert [await log.store.delivered(name) for name in ("directory", "command", "other")] == [2, 1, 0]


async def test_removal_keeps_states_and_hashes_of_what_it_removed(log: ProofLog) -> None:
    writes = [await log.append(WRITES, call(n)) for n in (1, 2, 3)]
    await checkpoint(log, 1, [(WRITES, writes[:2])], 2)
    reads = [await log.append(FIRST, call(9))]
    await checkpoint(log, 2, [(FIRST, reads), (WRITES, writes[2:])], 4)
    await log.remove_before(START + 4 * SECOND_LONG)
    removal = await log.store.removal()
    assert removal is not None
    assert (removal.first, removal.checkpoint) == (2, 1)
    assert list(removal.chains) == [ChainState(WRITES, 2, writes[1].hash)]
    # Record 3 was removed with its month, but stands behind a record that was not.
    assert list(await log.store.records(WRITES, 1, 9)) == [StoredRecord(WRITES, 3, writes[2].hash, None)]
    assert list(await log.store.records(FIRST, 1, 9)) == reads
