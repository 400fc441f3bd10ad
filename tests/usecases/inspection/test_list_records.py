"""Records about a person: answers about many persons are compared with what was really in the register."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest

from raas.domain.audit.chain import new_chain, process_chain
from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.calendar.day import day_text
from raas.domain.errors import Reason, Refused
from raas.domain.json_value import JsonObject
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.memory.audit.search import MemoryAuditSearch
from raas.memory.audit.store import MemoryAuditStore
from raas.memory.rights import MemoryRights
from raas.memory.write_store import MemoryWriteStore
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.pagination import Pages
from raas.usecases.inspection.list_records import AskedRecords, ListAuditRecords, ShownRecord
from raas.usecases.inspection.presence import Certainty
from raas.usecases.ports.audit.chains import follow
from raas.usecases.ports.read_store import DossierFilter
from tests.contract.book import FIRST_DAY, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores, memory_stores
from tests.rpc.harness import OpenSeal

OWN = EnterpriseNumber(999999922)
SUBSCRIBE, EXPORT = "/raas.v1.MutationStream/Subscribe", "/raas.v1.RegisterService/Export"
NOW = int(datetime.now(UTC).timestamp()) * 1_000_000
_PLACES = count()


class World:
    def __init__(self) -> None:
        self.stores: Stores = memory_stores()
        writes, rights = self.stores.writes, self.stores.rights
        assert isinstance(writes, MemoryWriteStore)
        assert isinstance(rights, MemoryRights)
        self.audit = MemoryAuditStore(writes.state.audit)
        self.search = MemoryAuditSearch(writes.state, rights)
        stores = self.stores
        self.listing = ListAuditRecords(
            self.search, stores.reads, stores.logs, stores.source, Pages(OpenSeal())
        )

    async def keep(self, records: list[AuditRecord]) -> None:
        process = uuid4()
        state = new_chain(await self.audit.origin(), process_chain(process))
        begin = AuditRecord(RecordKind.BEGIN, NOW - 1, Actor(), "", "OK")
        _, (first, *rest) = follow(state, [(each, None) for each in (begin, *records)])
        await self.audit.begin(process, first)
        await self.audit.append(process, rest)

    async def about(
        self, niss: Niss, size: int = 100, register: EnterpriseNumber | None = None
    ) -> list[ShownRecord]:
        """What an auditor finds about a person, in pages."""
        asked = AskedRecords(register, niss, None, None, None, (), ())
        found: list[ShownRecord] = []
        token = ""
        while True:
            page = await self.listing.page(call(), asked, True, size, token)
            found += page.records
            token = page.next_page_token
            if not token:
                return found


def call(caller: EnterpriseNumber = OWN) -> Call:
    return Call(Caller(caller), uuid4(), "/raas.v1.AdministrationService/ListAuditRecords")


def answer(
    register: EnterpriseNumber,
    rpc: str,
    which: JsonObject,
    first: int | None,
    last: int | None,
    kind: RecordKind = RecordKind.CALL,
    **fields: object,
) -> AuditRecord:
    bulk = BulkRead(which, first, last, 1)
    return AuditRecord(
        kind,
        NOW + next(_PLACES),
        Actor(OWN),
        rpc,
        "OK",
        call_id=uuid4(),
        register=register,
        bulk=bulk,
        **fields,  # type: ignore[arg-type] # of the fields that a test names
    )


def held(book: Book, numbers: set[Niss], record: AuditRecord) -> bool:
    """Whether an answer held a person, by a replay of the whole register."""
    bulk = record.bulk
    assert bulk is not None
    types = bulk.filter.get("dossier_types", ())
    assert isinstance(types, list | tuple)
    if bulk.first_revision is not None:
        assert bulk.last_revision is not None
        return any(
            entry.niss in numbers and (not types or entry.code in types)
            for entry in book.entries[max(bulk.first_revision, 1) - 1 : bulk.last_revision]
        )
    revision = record.revision if bulk.last_revision is None else bulk.last_revision
    assert revision is not None
    active_on = bulk.filter.get("active_on")
    which = DossierFilter(
        dossier_types=tuple(types),
        active_on=None if active_on is None else datetime.fromisoformat(str(active_on)).toordinal(),
    )
    return any(
        niss in numbers and which.matches(code, lines)
        for (niss, code), (lines, _) in book.state_at(revision).items()
    )


def at_random(book: Book, chance: random.Random) -> AuditRecord:
    which: dict[str, object] = {}
    if chance.random() < 0.4:
        which["dossier_types"] = [chance.choice(list(book.types))]
    first = last = chance.randint(0, book.revision)
    if chance.random() < 0.5:
        return answer(book.number, SUBSCRIBE, which, first, chance.randint(first, first + 3))  # type: ignore[arg-type]
    if chance.random() < 0.4:
        which["active_on"] = day_text(FIRST_DAY + chance.randint(0, 1_800))
    if chance.random() < 0.5:
        return answer(book.number, EXPORT, which, None, None, revision=last)  # type: ignore[arg-type]
    return answer(book.number, EXPORT, which, None, last, RecordKind.EXTENT)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [3, 100])
async def test_answers_that_held_the_person_are_certain_and_no_others_are_found(size: int) -> None:
    world, chance, people = World(), random.Random(7), persons(6)
    books = [await new_book(world.stores, "A", "B") for _ in range(2)]
    for seed, book in enumerate(books):
        await write_at_random(book, people, 40, seed)
    records = [at_random(chance.choice(books), chance) for _ in range(200)]
    await world.keep(records)
    by_number = {book.number: book for book in books}
    for niss in people[:3]:
        found = await world.about(niss, size)
        assert {each.certainty for each in found} == {Certainty.CERTAIN}
        expected = [
            each for each in records if each.register and held(by_number[each.register], {niss}, each)
        ]
        assert [each.found.record for each in found] == expected


async def test_answers_from_the_part_of_the_log_that_was_trimmed_are_possible() -> None:
    world, chance, people = World(), random.Random(9), persons(6)
    book, other = [await new_book(world.stores, "A", "B") for _ in range(2)]
    await write_at_random(book, people, 40, 3)
    oldest = await book.trim(20)
    records = [at_random(book, chance) for _ in range(200)]
    await world.keep([*records, answer(other.number, SUBSCRIBE, {}, 1, 5)])
    found = {each.found.record.call_id: each.certainty for each in await world.about(people[0])}
    for record in records:
        certainty, bulk = found.get(record.call_id), record.bulk
        assert bulk is not None
        if held(book, {people[0]}, record):
            # None that held the person is left out.
            assert certainty is not None
        elif certainty is not None:
            assert certainty is Certainty.POSSIBLE
            last = record.revision if bulk.last_revision is None else bulk.last_revision
            assert (bulk.first_revision if bulk.first_revision is not None else last) <= oldest  # type: ignore[operator]
    assert Certainty.POSSIBLE in found.values()
    assert Certainty.CERTAIN in found.values()


async def test_all_numbers_of_a_person_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    world, (old, new, third) = World(), persons(3)
    book = await new_book(world.stores, "A")
    await book.set((old, "A", ((FIRST_DAY, FIRST_DAY + 5),)))  # type: ignore[arg-type]
    read = answer(book.number, EXPORT, {}, None, 1)
    named = AuditRecord(RecordKind.CALL, NOW + next(_PLACES), Actor(OWN), EXPORT, "OK", touched=(new,))
    foreign = answer(book.number, SUBSCRIBE, {}, 1, 1, touched=(third,))
    await world.keep([read, named, foreign])

    async def numbers_of(nisses: list[Niss]) -> dict[Niss, tuple[Niss, ...]]:
        return dict.fromkeys(nisses, (new, old))

    monkeypatch.setattr(world.stores.source, "numbers_of", numbers_of)
    for asked in (old, new):
        found = await world.about(asked)
        assert [each.found.record for each in found] == [read, named]


async def test_mutations_after_the_time_of_an_extent_were_not_sent_within_it() -> None:
    world, (one, two) = World(), persons(2)
    book = await new_book(world.stores, "A")
    await book.set((one, "A", ()))
    early = int(book.record_time.timestamp() * 1_000_000) - 10 * 60 * 1_000_000
    extent = answer(book.number, SUBSCRIBE, {}, 1, 10_000, RecordKind.EXTENT)
    await world.keep([extent, replace(extent, time=early, call_id=uuid4())])
    found = await world.about(one)
    assert [each.found.record for each in found] == [extent]
    assert await world.about(two) == []


async def test_owner_sees_its_own_register_only() -> None:
    world, (one,) = World(), persons(1)
    other = EnterpriseNumber(206731645)
    records = [
        AuditRecord(
            RecordKind.CALL,
            NOW + next(_PLACES),
            Actor(other),
            EXPORT,
            "OK",
            register=register,
            touched=(one,),
        )
        for register in (OWN, other, None)
    ]
    await world.keep(records)

    async def seen(by: EnterpriseNumber, **asked: object) -> list[AuditRecord]:
        fields = {"register": None, "niss": None, "caller": None, **asked}
        whole = AskedRecords(from_time=None, until_time=None, rpcs=(), outcomes=(), **fields)  # type: ignore[arg-type]
        page = await world.listing.page(call(by), whole, False, 10, "")
        return [each.found.record for each in page.records]

    assert await seen(OWN, niss=one) == records[:1]
    assert await seen(OWN, caller=other) == records[:1]
    assert await seen(other, register=other) == records[1:2]
    with pytest.raises(Refused) as refused:
        await seen(OWN, register=other)
    assert refused.value.violations[0].reason is Reason.MANDATE_MISSING
    with pytest.raises(Refused) as refused:
        await seen(OWN)
    assert refused.value.violations[0].reason is Reason.REQUIRED
