"""Pages of dossiers equal the replay of the mutations by brute force."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from raas.domain.calendar.day import OPEN
from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.read_store import DossierFilter, DossierView, ReadStore
from tests.contract.book import FIRST_DAY, LAST_DAY, PARTNER, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores

# In the order of their ids the codes are out of order, and "a" comes after "Z" by code point only.
CODES = ("PENSION", "CHILD_BENEFIT", "a", "Z")
LINE = Period(FIRST_DAY, FIRST_DAY + 10)
EVERYTHING = DossierFilter()


@pytest.fixture(scope="module")
def store(stores: Stores) -> ReadStore:
    return stores.reads


@pytest.fixture(scope="module")
async def book(stores: Stores) -> Book:
    """40 persons, 400 mutations; only read."""
    return await random_book(stores)


async def random_book(stores: Stores) -> Book:
    book = await new_book(stores, *CODES)
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
    store: ReadStore, book: Book, which: DossierFilter, at: int | None, limit: int
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
async def test_pages_of_every_filter_equal_the_replay(
    store: ReadStore, book: Book, which: DossierFilter
) -> None:
    assert await whole(store, book, which, None, 1_000) == (expected(book, which, 400), 400)
    for at in (0, 1, 57, 200, 399, 400):
        assert await whole(store, book, which, at, 1_000) == (expected(book, which, at), at)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 39])
async def test_pages_of_any_size_make_the_same_whole(store: ReadStore, book: Book, limit: int) -> None:
    few, many = tuple(persons(40)[:5]), tuple(persons(40)[5:25])
    for which in (EVERYTHING, DossierFilter(dossier_types=("a",)), DossierFilter(few), DossierFilter(many)):
        for at in (None, 150):
            views, revision = await whole(store, book, which, at, limit)
            assert views == expected(book, which, revision)


async def test_pages_stay_at_the_revision_of_the_first_page(stores: Stores) -> None:
    store, book = stores.reads, await random_book(stores)
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


async def test_random_histories_equal_the_replay_at_every_revision(store: ReadStore, stores: Stores) -> None:
    for seed in range(5):
        book = await new_book(stores, "A", "B")
        await write_at_random(book, persons(3), 40, seed)
        for at in range(41):
            assert await whole(store, book, EVERYTHING, at, 100) == (expected(book, EVERYTHING, at), at)
            one = DossierFilter((persons(3)[0],))
            assert await whole(store, book, one, at, 100) == (expected(book, one, at), at)


async def test_pages_never_contain_other_registers(store: ReadStore, stores: Stores) -> None:
    person = persons(1)[0]
    book, other = await new_book(stores, "A"), await new_book(stores, "A")
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


async def test_page_of_an_empty_register_has_its_revision(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores)
    for which in (EVERYTHING, DossierFilter(tuple(persons(1))), DossierFilter(tuple(persons(20)))):
        for at in (None, 0):
            page = await store.page(book.id, which, at, None, 10)
            assert (page.dossiers, page.more, page.revision) == ((), False, 0)


async def test_page_reports_all_violations_at_once(store: ReadStore, book: Book) -> None:
    for nisses in ((), tuple(persons(1)), tuple(persons(20))):
        with pytest.raises(Refused) as refused:
            await store.page(book.id, DossierFilter(nisses, ("X", "a", "Y")), 401, None, 10)
        assert [(v.field, v.reason) for v in refused.value.violations] == [
            ("dossier_types[0]", Reason.DOSSIER_TYPE_UNKNOWN),
            ("dossier_types[2]", Reason.DOSSIER_TYPE_UNKNOWN),
            ("at_revision", Reason.REVISION_IN_FUTURE),
        ]


async def test_dossier_type_is_known_after_its_commit(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A")
    which = DossierFilter(dossier_types=("B",))
    with pytest.raises(Refused):
        await store.page(book.id, which, None, None, 10)
    await book.new_type("B")
    assert (await store.page(book.id, which, None, None, 10)).dossiers == ()


async def test_page_at_a_trimmed_revision_is_refused(stores: Stores) -> None:
    store, book = stores.reads, await random_book(stores)
    oldest = await book.trim(100)
    for nisses in ((), tuple(persons(1)), tuple(persons(20))):
        which = DossierFilter(nisses)
        assert await whole(store, book, which, oldest, 1_000) == (expected(book, which, oldest), oldest)
        for at, reason, values in (
            (oldest - 1, Reason.REVISION_EXPIRED, {"oldest_revision": str(oldest)}),
            (401, Reason.REVISION_IN_FUTURE, {"latest_revision": "400"}),
        ):
            with pytest.raises(Refused) as refused:
                await store.page(book.id, which, at, None, 10)
            (violation,) = refused.value.violations
            assert (violation.field, violation.reason, violation.values) == ("at_revision", reason, values)


async def test_person_with_more_dossiers_than_a_window_is_paged_completely(
    store: ReadStore, stores: Stores
) -> None:
    book = await new_book(stores, *(f"TYPE_{place:02}" for place in range(30)))
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


async def test_concurrent_callers_get_their_own_pages(store: ReadStore, book: Book) -> None:
    people = persons(40)
    asked = [(DossierFilter((people[place % 40],)), (None, 100, 400)[place % 3]) for place in range(300)]
    pages = await asyncio.gather(*(store.page(book.id, which, at, None, 10) for which, at in asked))
    assert [list(page.dossiers) for page in pages] == [
        expected(book, which, 400 if at is None else at) for which, at in asked
    ]


async def test_invalid_question_does_not_fail_concurrent_ones(store: ReadStore, book: Book) -> None:
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
