"""The WriteStore: one atomic transaction per register at a time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind, Stamp, lines_text
from raas.domain.registers.shares import Share, Shares
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierState,
    LoadRequest,
    NewMutation,
    WriteSet,
    WriteStore,
)
from tests.contract.book import ACTOR, CALL_ID, CALLER, FIRST_DAY, Book, checksum_of, new_book, persons
from tests.contract.stores import Stores
from tests.oracle.numbers import niss

ANN, BOB = persons(2)
LINE = Period(FIRST_DAY, FIRST_DAY + 10)
# No other person in the tests is born on this day.
NEWCOMERS = [Niss(int(niss(1947, 63, 3, counter))) for counter in (3, 5)]
IMPORT, REQUEST = (CALLER, "import"), (CALLER, "request")


@pytest.fixture
def writes(stores: Stores) -> WriteStore:
    return stores.writes


@pytest.fixture
async def book(stores: Stores) -> Book:
    """ANN has a line under A, and BOB had one."""
    book = await new_book(stores, "A", "B")
    await book.set((ANN, "A", (LINE,)), (BOB, "A", (LINE,)))
    await book.set((BOB, "A", ()))
    return book


def nothing_but(book: Book, **parts: object) -> WriteSet:
    """A write set without mutations."""
    last = checksum_of(book.revision)
    return WriteSet([], {}, 0, book.record_time, last, 0, **parts)  # type: ignore[arg-type]


async def test_write_transaction_tells_which_dossier_types_have_or_had_dossiers(
    writes: WriteStore, book: Book, stores: Stores
) -> None:
    a, b = book.types["A"], book.types["B"]
    other = await new_book(stores, "A")
    async with writes.write(book.id, LoadRequest(types_in_use=[a, b])) as transaction:
        assert transaction.loaded.types_in_use == {a}
    # The only dossier left is empty.
    await book.set((ANN, "A", ()))
    async with writes.write(book.id, LoadRequest(types_in_use=[a])) as transaction:
        assert transaction.loaded.types_in_use == {a}
    async with writes.write(other.id, LoadRequest(types_in_use=[other.types["A"]])) as transaction:
        assert transaction.loaded.types_in_use == frozenset()


async def test_write_transaction_loads_the_register_and_the_dossiers_asked(
    writes: WriteStore, book: Book
) -> None:
    a = book.types["A"]
    wanted = LoadRequest([(ANN, a), (BOB, a), (ANN, book.types["B"])])
    before = datetime.now(UTC) - timedelta(minutes=1)
    async with writes.write(book.id, wanted) as transaction:
        loaded = transaction.loaded
    assert (loaded.register, loaded.revision, loaded.checksum) == (book.number, 3, checksum_of(3))
    assert loaded.dossiers == {(ANN, a): DossierState((LINE,), 1), (BOB, a): DossierState((), 3)}
    assert before < loaded.record_time < datetime.now(UTC) + timedelta(minutes=1)
    snapshot = await writes.snapshot(book.id, wanted)
    assert (snapshot.revision, snapshot.dossiers) == (loaded.revision, loaded.dossiers)


async def test_record_time_is_never_before_that_of_the_last_mutation(writes: WriteStore, book: Book) -> None:
    book.record_time = datetime.now(UTC) + timedelta(seconds=30)
    await book.set((ANN, "A", ()))
    async with writes.write(book.id, LoadRequest()) as transaction:
        assert transaction.loaded.record_time >= book.record_time


async def test_write_transaction_without_commit_writes_nothing(writes: WriteStore, book: Book) -> None:
    async with writes.write(book.id, LoadRequest()) as transaction:
        await transaction.write(nothing_but(book, imports={IMPORT: 7}))
    assert (await writes.snapshot(book.id, LoadRequest(imports=[IMPORT]))).imports == {}


async def test_writers_of_a_register_wait_for_each_other(writes: WriteStore, book: Book) -> None:
    async def count_up() -> None:
        async with writes.write(book.id, LoadRequest(imports=[IMPORT])) as transaction:
            offset = transaction.loaded.imports.get(IMPORT, 0)
            await asyncio.sleep(0)
            await transaction.write(nothing_but(book, imports={IMPORT: offset + 1}))
            await transaction.commit()

    await asyncio.gather(*(count_up() for _ in range(8)))
    assert (await writes.snapshot(book.id, LoadRequest(imports=[IMPORT]))).imports == {IMPORT: 8}


async def test_stored_request_is_loaded_with_its_answer(writes: WriteStore, book: Book) -> None:
    answered = AnsweredRequest(b"body", b"answer")
    async with writes.write(book.id, LoadRequest(requests=[REQUEST])) as transaction:
        assert transaction.loaded.requests == {}
        await transaction.write(nothing_but(book, requests={REQUEST: answered}))
        await transaction.commit()
    asked = LoadRequest(requests=[REQUEST, (CALLER, "another")])
    assert (await writes.snapshot(book.id, asked)).requests == {REQUEST: answered}


async def test_rejected_rows_of_an_import_are_kept_in_order_of_offset(writes: WriteStore, book: Book) -> None:
    wrong = [Violation("niss", Reason.NISS_UNKNOWN, values={"successor": "1"})]
    rejections = [(IMPORT, offset, wrong) for offset in (5, 3, 9)]
    async with writes.write(book.id, LoadRequest()) as transaction:
        await transaction.write(nothing_but(book, imports={IMPORT: 10}, rejections=rejections))
        await transaction.commit()
    found = await writes.rejections(book.id, IMPORT, 3, 9)
    assert [(offset, list(violations)) for offset, violations in found] == [(3, wrong), (5, wrong)]
    assert await writes.rejections(book.id, (CALLER, "another"), 0, 10) == []


async def test_an_import_of_an_organisation_is_adopted_once_by_one_of_its_applications(
    writes: WriteStore, book: Book
) -> None:
    wrong = [Violation("niss", Reason.NISS_UNKNOWN)]
    key = (CALLER + "/urn:app", IMPORT[1])
    async with writes.write(book.id, LoadRequest()) as transaction:
        await transaction.write(nothing_but(book, imports={IMPORT: 10}, rejections=[(IMPORT, 3, wrong)]))
        await transaction.commit()
    for _ in range(2):
        await writes.adopt_import(book.id, key, CALLER)
        asked = LoadRequest(imports=[IMPORT, key])
        assert (await writes.snapshot(book.id, asked)).imports == {key: 10}
        found = await writes.rejections(book.id, key, 0, 10)
        assert [(offset, list(violations)) for offset, violations in found] == [(3, wrong)]


async def test_shares_are_replaced_and_forgotten_when_they_become_empty(
    stores: Stores, writes: WriteStore, book: Book
) -> None:
    person, other = NEWCOMERS
    await stores.add_persons(NEWCOMERS)
    await book.set((person, "A", (LINE,)))
    key = person, book.types["A"]
    shares: Shares = {person: Share((LINE,), ()), other: Share((LINE,), (LINE,))}
    for written in (shares, {person: Share((LINE,), ())}, {}):
        async with writes.write(book.id, LoadRequest()) as transaction:
            await transaction.write(nothing_but(book, shares={key: written}))
            await transaction.commit()
        loaded = await writes.snapshot(book.id, LoadRequest([key], persons=True))
        assert loaded.shares == ({key: written} if written else {})


async def test_parts_of_a_write_transaction_are_committed_together(writes: WriteStore, book: Book) -> None:
    async with writes.write(book.id, LoadRequest()) as transaction:
        await transaction.write(nothing_but(book, imports={IMPORT: 1}))
        await transaction.write(nothing_but(book, requests={REQUEST: AnsweredRequest(b"b", b"a")}))
        await transaction.commit()
    loaded = await writes.snapshot(book.id, LoadRequest(requests=[REQUEST], imports=[IMPORT]))
    assert (list(loaded.requests), loaded.imports) == ([REQUEST], {IMPORT: 1})


async def test_dossier_type_keeps_its_id_when_it_changes(writes: WriteStore, book: Book) -> None:
    before = await writes.dossier_types(book.id)
    await book.new_type("A", ACTOR)
    after = await writes.dossier_types(book.id)
    assert {code: id_ for code, (id_, _) in after.by_code.items()} == book.types
    assert before.by_code["A"][1].partner != after.by_id[book.types["A"]].partner == ACTOR


async def test_resolve_time_includes_a_write_in_flight(stores: Stores, book: Book) -> None:
    async with stores.writes.write(book.id, LoadRequest()) as transaction:
        instant = transaction.loaded.record_time
        asking = asyncio.create_task(stores.reads.resolve_time(book.id, instant))
        await asyncio.sleep(0)
        key, after = (ANN, book.types["B"]), lines_text((LINE,))
        stamp = Stamp(ACTOR, CALL_ID)
        kind, checksum = MutationKind.INSCRIBED, checksum_of(4)
        mutation = NewMutation(4, 4, 0, kind, ANN, None, key[1], "{}", after, stamp, checksum=checksum)
        await transaction.write(WriteSet([mutation], {key: (after, 4)}, 1, instant, checksum, 0))
        await transaction.commit()
    assert await asking == 4
