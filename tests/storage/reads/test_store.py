"""Pages of dossiers equal the replay of the mutations by brute force."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.storage.reads import pages as page_reading
from raas.storage.reads.store import PostgresReadStore
from raas.storage.reads.window_sql import PAGE_BYTES
from raas.usecases.ports.read_store import DossierFilter, DossierView
from tests.storage.seed import FIRST_DAY, PARTNER, Book, new_book, persons, write_at_random

# In the order of their ids the codes are out of order, and "a" comes after "Z" by code point only.
CODES = ("PENSION", "CHILD_BENEFIT", "a", "Z")
LINE = Period(FIRST_DAY, FIRST_DAY + 10)
EVERYTHING = DossierFilter()


@pytest.fixture
def store(reading_engine: AsyncEngine) -> PostgresReadStore:
    return PostgresReadStore(reading_engine)


@pytest.fixture
async def book(engine: AsyncEngine) -> Book:
    """40 persons, 400 mutations."""
    book = await new_book(engine, *CODES)
    await write_at_random(book, persons(40), 400, seed=1)
    return book


def expected(book: Book, which: DossierFilter, revision: int) -> list[DossierView]:
    kept_for_partner = next(iter(book.types))
    return [
        DossierView(niss, code, PARTNER if code == kept_for_partner else None, lines, changed)
        for (niss, code), (lines, changed) in book.state_at(revision).items()
        if (not which.nisses or niss in which.nisses) and which.matches(code, lines)
    ]


async def whole(
    store: PostgresReadStore, book: Book, which: DossierFilter, at: int | None, limit: int
) -> tuple[list[DossierView], int]:
    """All pages, as a caller would ask for them, and the revision of all of them."""
    views: list[DossierView] = []
    after: tuple[Niss, str] | None = None
    while True:
        page = await store.page(book.id, which, at, after, limit)
        assert len(page.dossiers) <= limit
        assert at is None or page.revision == at
        views += page.dossiers
        at = page.revision
        if not page.more:
            return views, at
        after = page.dossiers[-1].niss, page.dossiers[-1].dossier_type


async def test_page_of_large_dossiers_ends_below_the_message_limit(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    lines = tuple(Period(day, day + 1) for day in range(FIRST_DAY, FIRST_DAY + 2_000, 2))
    await book.set(*((person, "A", lines) for person in persons(150)))
    for which in (EVERYTHING, DossierFilter(tuple(persons(150)))):
        page = await store.page(book.id, which, None, None, 1_000)
        assert page.more
        size = sum(24 * len(view.lines) for view in page.dossiers)
        assert PAGE_BYTES <= size < PAGE_BYTES + 24_001
        assert (await whole(store, book, which, None, 1_000))[0] == expected(book, which, book.revision)


async def test_filter_with_few_matches_is_walked_in_windows(
    store: PostgresReadStore, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await new_book(engine, "COMMON", "RARE")
    people = persons(300)
    await book.set(*((person, "COMMON", (LINE,)) for person in people))
    rare = (people[150], people[299])
    await book.set(*((person, "RARE", (LINE,)) for person in rare))
    # Emptied dossiers keep their rows, and the walk reads these too.
    await book.set(*((person, "COMMON", ()) for person in people[:100]))
    monkeypatch.setattr(page_reading, "_LARGEST_WINDOW", 16)
    monkeypatch.setattr(page_reading, "_LONG_WALK", 200)
    for which in (DossierFilter(dossier_types=("RARE",)), EVERYTHING):
        for at in (None, 302, 300):
            views, revision = await whole(store, book, which, at, 1)
            assert views == expected(book, which, revision)


async def test_answered_write_is_seen_by_every_later_read(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    person = persons(1)[0]

    async def keep_asking() -> None:
        while True:
            await store.page(book.id, DossierFilter((person,)), None, None, 10)

    askers = [asyncio.create_task(keep_asking()) for _ in range(8)]
    try:
        for length in range(1, 100):
            await book.set((person, "A", (Period(FIRST_DAY, FIRST_DAY + length),)))
            page = await store.page(book.id, DossierFilter((person,)), None, None, 10)
            assert (page.revision, page.dossiers[0].lines[0].end) == (length, FIRST_DAY + length)
    finally:
        for asker in askers:
            asker.cancel()
        await asyncio.gather(*askers, return_exceptions=True)


async def test_cancelled_caller_does_not_affect_others(store: PostgresReadStore, book: Book) -> None:
    which = DossierFilter((persons(1)[0],))
    calls = [asyncio.create_task(store.page(book.id, which, None, None, 10)) for _ in range(50)]
    await asyncio.sleep(0)
    for call in calls[::2]:
        call.cancel()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(answer, asyncio.CancelledError) for answer in answers[::2])
    for answer in answers[1::2]:
        assert not isinstance(answer, BaseException)
        assert list(answer.dossiers) == expected(book, which, 400)
