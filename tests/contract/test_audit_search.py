"""The AuditSearch: records by number, extent, register, caller and time, in pages, on both stores."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.calendar.day import brussels_day
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.legal_context import LegalContext
from raas.memory.audit.search import MemoryAuditSearch
from raas.memory.rights import MemoryRights
from raas.memory.write_store import MemoryWriteStore
from raas.storage.audit.search import PostgresAuditSearch
from raas.usecases.ports.audit.chains import follow
from raas.usecases.ports.audit.search import (
    AuditFilter,
    AuditPlace,
    AuditSearch,
    Extent,
    FoundRecord,
    is_within,
)
from tests.contract.book import new_book, persons
from tests.contract.test_audit_store import AuditStores, write
from tests.oracle.numbers import enterprise_number

_NUMBERS = (EnterpriseNumber(int(enterprise_number(7_600_000 + i))) for i in count())
BEGIN = 1_780_000_000_000_000
CONSULT, EXPORT = "/raas.v1.RegisterService/Consult", "/raas.v1.RegisterService/Export"


@dataclass
class World:
    """The stores, and the search over their records."""

    made: AuditStores
    search: AuditSearch

    async def keep(self, *records: AuditRecord) -> None:
        """Record in the chain of a new process."""
        audit, process = self.made.audit, uuid4()
        begin = AuditRecord(RecordKind.BEGIN, BEGIN - 1, Actor(), "", "OK")
        state = new_chain(await audit.origin(), process_chain(process))
        _, (first, *rest) = follow(state, [(each, None) for each in (begin, *records)])
        await audit.begin(process, first)
        await audit.append(process, rest)


@pytest.fixture
def world(made: AuditStores, request: pytest.FixtureRequest) -> World:
    writes, rights = made.stores.writes, made.stores.rights
    if isinstance(writes, MemoryWriteStore):
        assert isinstance(rights, MemoryRights)
        return World(made, MemoryAuditSearch(writes.state, rights))
    return World(made, PostgresAuditSearch(request.getfixturevalue("reading_engine")))


def call(time: int, caller: EnterpriseNumber, **fields: object) -> AuditRecord:
    record = AuditRecord(RecordKind.CALL, BEGIN + time, Actor(caller), CONSULT, "OK", call_id=uuid4())
    return replace(record, **fields)  # type: ignore[arg-type] # of the fields that a test names


def bulk(first: int | None, last: int | None) -> BulkRead:
    return BulkRead({"subscriber": '"first_revision":7'}, first, last, 3)


async def found(world: World, which: AuditFilter, size: int = 1_000) -> Sequence[AuditRecord]:
    records: list[FoundRecord] = []
    after: AuditPlace | None = None
    while page := await world.search.records(which, after, size):
        records += page
        after = page[-1].place
    assert [each.place for each in records] == sorted({each.place for each in records})
    return [each.record for each in records]


async def test_records_are_found_by_number_register_caller_time_rpc_and_outcome(world: World) -> None:
    (a, b, r), (one, two, three) = [next(_NUMBERS) for _ in range(3)], persons(3)
    records = [
        call(1, a, touched=(one,), register=r),
        call(2, a, shown=(one, two), rpc=EXPORT),
        call(3, b, touched=(two,), outcome="NISS_UNKNOWN", register=r),
        call(4, b, touched=(three,)),
    ]
    await world.keep(*records)
    first, second, third, _ = records
    mine = AuditFilter(from_time=BEGIN, until_time=BEGIN + 100, caller=a)
    assert await found(world, mine) == [first, second]
    assert await found(world, replace(mine, caller=b)) == records[2:]
    assert await found(world, AuditFilter(register=r)) == [first, third]
    assert await found(world, replace(mine, nisses=(one,))) == [first, second]
    assert await found(world, replace(mine, nisses=(two, three))) == [second]
    assert await found(world, replace(mine, rpcs=(EXPORT,))) == [second]
    assert await found(world, AuditFilter(register=r, outcomes=("NISS_UNKNOWN", "X"))) == [third]
    assert await found(world, AuditFilter(register=r, from_time=BEGIN + 1, until_time=BEGIN + 3)) == [first]
    assert await found(world, AuditFilter(register=r, from_time=BEGIN + 2)) == [third]


async def test_pages_hold_each_record_once_also_at_one_instant(world: World) -> None:
    a = next(_NUMBERS)
    logs = [[call(n // 5, a) for n in range(20)] for _ in range(2)]
    for log in logs:
        await world.keep(*log)
    expected = [record.call_id for log in logs for record in log]
    for size in (1, 3, 7, 40):
        records = await found(world, AuditFilter(caller=a), size)
        assert sorted(str(each.call_id) for each in records) == sorted(map(str, expected))
        assert [each.time for each in records] == sorted(each.time for each in records)


async def test_answers_about_many_are_found_by_their_revisions(world: World) -> None:
    (a, r, s), (one,) = [next(_NUMBERS) for _ in range(3)], persons(1)
    chance = random.Random(5)
    records = [call(0, a, register=r, bulk=bulk(None, None)), call(0, a, bulk=bulk(1, 9))]
    for n in range(60):
        first = chance.choice([None, chance.randint(0, 40)])
        last = chance.randint(first or 0, 50)
        as_revision = first is None and chance.random() < 0.5
        records.append(
            call(
                n,
                a,
                register=chance.choice([r, s]),
                bulk=bulk(first, None if as_revision else last),
                revision=last if as_revision else None,
            )
        )
    await world.keep(*records)
    for _ in range(20):
        extents = tuple(
            Extent(chance.choice([r, s]), chance.random() < 0.5, low, chance.randint(low, 50))
            for low in (chance.randint(0, 50) for _ in range(chance.randint(1, 4)))
        )
        which = AuditFilter(nisses=(one,), extents=extents, caller=a)
        expected = [each for each in records if is_within(extents, each)]
        for size in (4, 100):
            assert sorted(str(each.call_id) for each in await found(world, which, size)) == sorted(
                str(each.call_id) for each in expected
            )


async def test_records_of_writes_are_found_in_the_order_of_time(world: World) -> None:
    (one,), book = persons(1), await new_book(world.made.stores, "A")
    written = [call(time, book.number, register=book.number, shown=(one,)) for time in (10, 30)]
    await write(world.made.stores.writes, book.id, *written)
    read = call(20, book.number, register=book.number, touched=(one,))
    await world.keep(read, call(21, book.number, register=book.number))
    for size in (1, 2, 10):
        which = AuditFilter(register=book.number, nisses=(one,))
        assert await found(world, which, size) == [written[0], read, written[1]]
    places = await world.search.records(AuditFilter(register=book.number), None, 10)
    assert [each.chain.partition("/")[0] for each in places] == ["register", "process", "process", "register"]


async def test_records_in_confidential_contexts_are_hidden_until_the_date(world: World) -> None:
    a, gateway, b = [next(_NUMBERS) for _ in range(3)]
    today = brussels_day(datetime.now(UTC))
    async with world.made.stores.rights.change() as transaction:
        for context, until in (("SECRET", today), ("PAST", today - 1), ("OPEN", None)):
            entry = LegalContext(
                uuid4(),
                a,
                context,
                frozenset({CONSULT}),
                a,
                transaction.time,
                confidential_until=until,
            )
            await transaction.put(entry)
    records = [
        call(1, a, legal_context="SECRET"),
        call(2, a, legal_context="PAST"),
        call(3, a, legal_context="OPEN"),
        call(4, a),
        call(5, b, legal_context="SECRET"),
        call(6, gateway, legal_context="SECRET", actor=Actor(gateway, on_behalf_of=a)),
    ]
    await world.keep(*records)
    shown = [each for caller in (a, b, gateway) for each in await found(world, AuditFilter(caller=caller))]
    assert shown == [*records[:4], *records[4:]]
    shown = [
        each
        for caller in (a, b, gateway)
        for each in await found(world, AuditFilter(caller=caller, hidden_on=today))
    ]
    assert shown == records[1:5]


@pytest.mark.parametrize("until", [None, BEGIN])
async def test_without_checkpoints_there_is_none(world: World, until: int | None) -> None:
    assert await world.search.checkpoint(until) is None
