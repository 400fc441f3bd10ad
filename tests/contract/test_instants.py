"""The revision at an instant, which is final."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.usecases.ports.read_store import ReadStore
from tests.contract.book import FIRST_DAY, START, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores

LOCK = text("SELECT 1 FROM register_head WHERE register_id = :id FOR NO KEY UPDATE")
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture(scope="module")
def store(stores: Stores) -> ReadStore:
    return stores.reads


def by_hand(book: Book, instant: datetime) -> int:
    return max((e.revision for e in book.entries if e.record_time <= instant), default=0)


async def test_resolve_time_equals_the_replay_at_every_instant(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    assert await store.resolve_time(book.id, START) == 0
    await write_at_random(book, persons(5), 100, seed=3)
    instants = {e.record_time for e in book.entries} | {START - timedelta(days=1), datetime.now(UTC)}
    for instant in instants:
        for asked in (instant - MICROSECOND, instant):
            assert await store.resolve_time(book.id, asked) == by_hand(book, asked)


async def test_instant_is_resolved_in_several_registers(store: ReadStore, stores: Stores) -> None:
    books = [await new_book(stores, "A", "B") for _ in range(3)]
    for seed, book in enumerate(books[:2]):
        await write_at_random(book, persons(3), 20 * (seed + 1), seed)
    instants = [book.entries[-1].record_time for book in books[:2]] + [START, datetime.now(UTC)]
    for instant in instants:
        found = await store.resolve_times([book.id for book in books], instant)
        assert found == {book.id: by_hand(book, instant) for book in books}
    assert await store.resolve_times([], START) == {}
    with pytest.raises(Refused) as refused:
        await store.resolve_times([book.id for book in books], datetime.now(UTC) + timedelta(hours=1))
    assert [violation.sentence for violation in refused.value.violations] == ["FUTURE_INSTANT"]


async def test_resolve_time_refuses_future_instants(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A")
    with pytest.raises(Refused) as refused:
        await store.resolve_time(book.id, datetime.now(UTC) + timedelta(hours=1))
    (violation,) = refused.value.violations
    assert (violation.field, violation.reason, violation.sentence) == (
        "at_time",
        Reason.VALUE_INVALID,
        "FUTURE_INSTANT",
    )


async def test_instant_slightly_ahead_of_the_clock_is_awaited(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A")
    instant = datetime.now(UTC) + timedelta(milliseconds=300)
    assert await store.resolve_time(book.id, instant) == 0
    assert datetime.now(UTC) >= instant


async def test_refusal_of_a_future_instant_states_the_time_of_the_server(
    store: ReadStore, stores: Stores
) -> None:
    book = await new_book(stores, "A")
    before = datetime.now(UTC)
    with pytest.raises(Refused) as refused:
        await store.resolve_time(book.id, before + timedelta(minutes=1))
    (violation,) = refused.value.violations
    stated = datetime.fromisoformat(str(violation.values["server_time"]))
    assert before - timedelta(milliseconds=1) <= stated <= datetime.now(UTC)


async def test_resolve_time_accepts_record_times_ahead_of_the_clock(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A")
    book.record_time = datetime.now(UTC) + timedelta(hours=1)
    await book.set((persons(1)[0], "A", (Period(FIRST_DAY, FIRST_DAY + 1),)))
    assert await store.resolve_time(book.id, book.record_time) == 1
    assert await store.resolve_time(book.id, book.record_time - MICROSECOND) == 0


@pytest.mark.parametrize("through", [1, 7, 50, 99, 100])
async def test_resolve_time_refuses_instants_before_the_oldest_revision(
    store: ReadStore, stores: Stores, through: int
) -> None:
    book = await new_book(stores, "A", "B")
    await write_at_random(book, persons(5), 100, seed=5)
    through = await book.trim(through)
    oldest = book.entries[through - 1].record_time
    later = [e.record_time for e in book.entries[through:] if e.record_time > oldest]
    for instant in (*later, datetime.now(UTC)):
        assert await store.resolve_time(book.id, instant) == by_hand(book, instant)
    with pytest.raises(Refused) as refused:
        await store.resolve_time(book.id, oldest - MICROSECOND)
    (violation,) = refused.value.violations
    assert (violation.field, violation.reason, violation.values) == (
        "at_time",
        Reason.REVISION_EXPIRED,
        {"oldest_revision": str(through)},
    )
