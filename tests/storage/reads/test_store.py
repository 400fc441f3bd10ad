"""The ReadStore: every answer is what replaying the mutations by brute force gives."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.storage.reads import pages as page_reading
from raas.storage.reads.page_sql import PAGE_BYTES
from raas.storage.reads.store import PostgresReadStore
from raas.usecases.ports.read_store import DossierFilter, DossierView
from raas.usecases.reads.filters import matches
from tests.storage.seed import FIRST_DAY, LAST_DAY, PARTNER, Book, new_book, persons, write_at_random

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
        if (not which.nisses or niss in which.nisses) and matches(which, code, lines)
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


def some_filters(seed: int) -> Sequence[DossierFilter]:
    chance = random.Random(seed)
    people = persons(40)
    filters = []
    for nisses in ((), tuple(chance.sample(people, 3)), tuple(chance.sample(people, 20))):
        for codes in ((), (chance.choice(CODES),), CODES[1:]):
            begin = chance.randrange(FIRST_DAY, LAST_DAY)
            end = chance.choice((OPEN, begin + chance.randint(1, 500)))
            filters += [
                DossierFilter(nisses, codes),
                DossierFilter(nisses, codes, overlaps=Period(begin, end)),
                DossierFilter(nisses, codes, active_on=begin),
                DossierFilter(nisses, codes, ends_between=Period(begin, end)),
            ]
    return filters


@pytest.mark.parametrize("which", some_filters(7), ids=lambda which: f"{len(which.nisses)} numbers")
async def test_every_filter_answers_what_the_replay_holds_now_and_at_every_time(
    store: PostgresReadStore, book: Book, which: DossierFilter
) -> None:
    assert await whole(store, book, which, None, 1_000) == (expected(book, which, 400), 400)
    for at in (0, 1, 57, 200, 399, 400):
        assert await whole(store, book, which, at, 1_000) == (expected(book, which, at), at)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 39])
async def test_pages_of_any_size_make_the_same_whole(
    store: PostgresReadStore, book: Book, limit: int
) -> None:
    few, many = tuple(persons(40)[:5]), tuple(persons(40)[5:25])
    for which in (EVERYTHING, DossierFilter(dossier_types=("a",)), DossierFilter(few), DossierFilter(many)):
        for at in (None, 150):
            views, revision = await whole(store, book, which, at, limit)
            assert views == expected(book, which, revision)


async def test_pages_stay_at_the_revision_of_the_first_whatever_is_written_between(
    store: PostgresReadStore, book: Book
) -> None:
    before = expected(book, EVERYTHING, 400)
    first = await store.page(book.id, EVERYTHING, None, None, 10)
    views = list(first.dossiers)
    for seed in range(100):
        await write_at_random(book, persons(40), book.revision + 5, seed)
        last = views[-1].niss, views[-1].dossier_type
        page = await store.page(book.id, EVERYTHING, first.revision, last, 10)
        views += page.dossiers
        if not page.more:
            break
    assert (first.revision, views) == (400, before)
    assert expected(book, EVERYTHING, book.revision) != before


async def test_random_histories_at_every_revision(store: PostgresReadStore, engine: AsyncEngine) -> None:
    for seed in range(5):
        book = await new_book(engine, "A", "B")
        await write_at_random(book, persons(3), 40, seed)
        for at in range(41):
            assert await whole(store, book, EVERYTHING, at, 100) == (expected(book, EVERYTHING, at), at)
            one = DossierFilter((persons(3)[0],))
            assert await whole(store, book, one, at, 100) == (expected(book, one, at), at)


async def test_other_registers_are_never_read(store: PostgresReadStore, engine: AsyncEngine) -> None:
    person = persons(1)[0]
    book, other = await new_book(engine, "A"), await new_book(engine, "A")
    await book.set((person, "A", (LINE,)))
    await other.set((person, "A", (Period(1, 2),)), (person, "A", (Period(1, 3),)))
    mine = DossierView(person, "A", PARTNER, (LINE,), 1)
    for which in (EVERYTHING, DossierFilter((person,))):
        for at in (None, 1):
            page = await store.page(book.id, which, at, None, 10)
            assert (page.dossiers, page.revision) == ((mine,), 1)
    assert await store.dossiers_of([(book.id, person), (other.id, person)], {other.id: 1}) == {
        (book.id, person): (mine,),
        (other.id, person): (DossierView(person, "A", PARTNER, (Period(1, 2),), 1),),
    }


async def test_an_empty_register_answers_its_revision(store: PostgresReadStore, engine: AsyncEngine) -> None:
    book = await new_book(engine)
    for which in (EVERYTHING, DossierFilter(tuple(persons(1))), DossierFilter(tuple(persons(20)))):
        for at in (None, 0):
            page = await store.page(book.id, which, at, None, 10)
            assert (page.dossiers, page.more, page.revision) == ((), False, 0)


async def test_what_is_wrong_is_said_at_once(store: PostgresReadStore, book: Book) -> None:
    for nisses in ((), tuple(persons(1)), tuple(persons(20))):
        with pytest.raises(Refused) as refused:
            await store.page(book.id, DossierFilter(nisses, ("X", "a", "Y")), 401, None, 10)
        assert [(v.field, v.reason) for v in refused.value.violations] == [
            ("dossier_types[0]", Reason.DOSSIER_TYPE_UNKNOWN),
            ("dossier_types[2]", Reason.DOSSIER_TYPE_UNKNOWN),
            ("at_revision", Reason.REVISION_IN_FUTURE),
        ]


async def test_a_type_is_known_as_soon_as_it_is_committed(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    which = DossierFilter(dossier_types=("B",))
    with pytest.raises(Refused):
        await store.page(book.id, which, None, None, 10)
    await book.new_type("B")
    assert (await store.page(book.id, which, None, None, 10)).dossiers == ()


async def test_a_revision_that_is_not_kept_is_refused(store: PostgresReadStore, book: Book) -> None:
    await book.trim(100)
    for nisses in ((), tuple(persons(1)), tuple(persons(20))):
        which = DossierFilter(nisses)
        assert await whole(store, book, which, 100, 1_000) == (expected(book, which, 100), 100)
        for at, reason, values in (
            (99, Reason.REVISION_EXPIRED, {"oldest_revision": "100"}),
            (401, Reason.REVISION_IN_FUTURE, {"latest_revision": "400"}),
        ):
            with pytest.raises(Refused) as refused:
                await store.page(book.id, which, at, None, 10)
            (violation,) = refused.value.violations
            assert (violation.field, violation.reason, violation.values) == ("at_revision", reason, values)


async def test_a_page_of_large_dossiers_ends_before_its_message_becomes_too_large(
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


async def test_a_filter_that_hardly_anything_matches_is_walked_in_windows(
    store: PostgresReadStore, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = await new_book(engine, "COMMON", "RARE")
    people = persons(300)
    await book.set(*((person, "COMMON", (LINE,)) for person in people))
    rare = (people[150], people[299])
    await book.set(*((person, "RARE", (LINE,)) for person in rare))
    # Emptied dossiers keep their rows and are walked as well.
    await book.set(*((person, "COMMON", ()) for person in people[:100]))
    monkeypatch.setattr(page_reading, "_LARGEST_WINDOW", 16)
    monkeypatch.setattr(page_reading, "_LONG_WALK", 200)
    for which in (DossierFilter(dossier_types=("RARE",)), EVERYTHING):
        for at in (None, 302, 300):
            views, revision = await whole(store, book, which, at, 1)
            assert views == expected(book, which, revision)


async def test_a_person_with_more_dossiers_than_a_window_holds(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, *(f"TYPE_{place:02}" for place in range(30)))
    await book.set(*((person, code, (LINE,)) for person in persons(2) for code in book.types))
    for which in (EVERYTHING, DossierFilter(dossier_types=("TYPE_29",))):
        views, _ = await whole(store, book, which, None, 1)
        keys = [(view.niss, view.dossier_type) for view in views]
        assert keys == [
            (person, code)
            for person in persons(2)
            for code in sorted(book.types)
            if not which.dossier_types or code in which.dossier_types
        ]


async def test_many_callers_share_statements_and_get_their_own_answers(
    store: PostgresReadStore, book: Book
) -> None:
    people = persons(40)
    asked = [(DossierFilter((people[place % 40],)), (None, 100, 400)[place % 3]) for place in range(300)]
    pages = await asyncio.gather(*(store.page(book.id, which, at, None, 10) for which, at in asked))
    assert [list(page.dossiers) for page in pages] == [
        expected(book, which, 400 if at is None else at) for which, at in asked
    ]


async def test_one_bad_question_does_not_fail_those_that_share_its_statement(
    store: PostgresReadStore, book: Book
) -> None:
    which = DossierFilter((persons(1)[0],))
    good, bad, also_good = await asyncio.gather(
        store.page(book.id, which, 400, None, 10),
        store.page(book.id, which, 4_000, None, 10),
        store.page(book.id, which, 1, None, 10),
        return_exceptions=True,
    )
    assert isinstance(bad, Refused)
    assert not isinstance(good, BaseException)
    assert not isinstance(also_good, BaseException)
    assert list(good.dossiers) == expected(book, which, 400)


async def test_a_caller_that_goes_away_takes_nobody_along(store: PostgresReadStore, book: Book) -> None:
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


async def test_a_write_that_was_answered_is_seen_by_every_later_question(
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
