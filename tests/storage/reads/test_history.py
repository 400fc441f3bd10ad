"""The history of persons: what the log says of them, oldest first."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import DossierTypeChange, Mutation, MutationKind, Replacement, Stamp
from raas.domain.registers.stored_dossier_type import dossier_type_json
from raas.storage.connection.query import fetch
from raas.storage.reads.page_sql import PAGE_BYTES
from raas.storage.reads.store import PostgresReadStore
from raas.storage.rows.mutations import MUTATION_COLUMNS, mutations_of
from tests.storage.seed import (
    ACTOR,
    CALL_ID,
    FIRST_DAY,
    Book,
    new_book,
    persons,
    random_lines,
    write_at_random,
)

LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture
def store(reading_engine: AsyncEngine) -> PostgresReadStore:
    return PostgresReadStore(reading_engine)


def by_hand(book: Book, nisses: Collection[Niss], code: str | None) -> list[int]:
    return [e.revision for e in book.entries if e.niss in nisses and code in (None, e.code)]


async def whole(
    store: PostgresReadStore, book: Book, nisses: list[Niss], code: str | None, limit: int
) -> list[Mutation]:
    mutations: list[Mutation] = []
    more = True
    while more:
        after = mutations[-1].revision if mutations else 0
        page, more = await store.history(book.id, nisses, code, after, limit)
        assert 0 < len(page) <= limit or not more
        mutations += page
    return mutations


@pytest.mark.parametrize("limit", [1, 7, 1_000])
async def test_pages_of_any_size_make_the_whole_history(
    store: PostgresReadStore, engine: AsyncEngine, limit: int
) -> None:
    book = await new_book(engine, "A", "B", "C")
    people = persons(10)
    await write_at_random(book, people, 200, seed=11)
    for nisses in ([people[0]], people[:3], people):
        for code in (None, "B"):
            mutations = await whole(store, book, nisses, code, limit)
            assert [m.revision for m in mutations] == by_hand(book, nisses, code)
            for mutation in mutations:
                entry = book.entries[mutation.revision - 1]
                assert (mutation.niss, mutation.dossier_type) == (entry.niss, entry.code)
                assert (mutation.before, mutation.after) == (entry.before, entry.after)
                assert mutation.record_time == entry.record_time
                assert mutation.register == book.number
                assert mutation.stamp == Stamp(ACTOR, CALL_ID)


async def test_news_about_the_person_stand_between_changes_of_dossiers(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A", "B")
    person, other = persons(2)
    await book.set((person, "A", (LINE,)))
    await book.about(person, MutationKind.NISS_CANCELLED, ["B"])
    await book.about(other, MutationKind.NISS_CANCELLED, ["A"])
    await book.set((person, "B", (LINE,)))
    await book.about(person, MutationKind.NISS_CANCELLED, ["A", "B"])
    everything = await whole(store, book, [person], None, 1)
    assert [(m.revision, m.dossier_type, m.dossier_types) for m in everything] == [
        (1, "A", ()),
        (2, None, ("B",)),
        (4, "B", ()),
        (5, None, ("A", "B")),
    ]
    assert [m.revision for m in await whole(store, book, [person], "A", 1)] == [1, 5]
    assert [m.revision for m in await whole(store, book, [person], "B", 1)] == [2, 4, 5]


async def test_nothing_is_recorded_of_others(store: PostgresReadStore, engine: AsyncEngine) -> None:
    book, other = await new_book(engine, "A"), await new_book(engine, "A")
    await other.set((persons(1)[0], "A", (LINE,)))
    assert await store.history(book.id, persons(1), None, 0, 10) == ((), False)
    with pytest.raises(Refused) as refused:
        await store.history(book.id, persons(1), "B", 0, 10)
    assert [(v.field, v.reason) for v in refused.value.violations] == [
        ("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)
    ]


async def test_what_was_trimmed_away_is_not_listed(store: PostgresReadStore, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A", "B")
    people = persons(4)
    await write_at_random(book, people, 100, seed=12)
    await book.trim(60)
    for limit in (1, 3, 100):
        mutations = await whole(store, book, people[:2], None, limit)
        assert [m.revision for m in mutations] == [r for r in by_hand(book, people[:2], None) if r > 60]


async def test_a_page_of_large_mutations_ends_before_its_message_becomes_too_large(
    store: PostgresReadStore, engine: AsyncEngine
) -> None:
    book = await new_book(engine, "A")
    person = persons(1)[0]
    lines = tuple(Period(day, day + 1) for day in range(FIRST_DAY, FIRST_DAY + 2_000, 2))
    for _ in range(60):
        await book.set((person, "A", lines), (person, "A", lines[1:]))
    page, more = await store.history(book.id, [person], None, 0, 1_000)
    size = sum(24 * (len(m.before) + len(m.after)) for m in page)
    assert more
    assert PAGE_BYTES <= size < PAGE_BYTES + 50_000
    assert [m.revision for m in await whole(store, book, [person], None, 1_000)] == list(range(1, 121))


async def test_a_long_chain(store: PostgresReadStore, engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    person = persons(1)[0]
    chance = random.Random(13)
    await book.set(*((person, "A", random_lines(chance)) for _ in range(3_000)))
    assert [m.revision for m in await whole(store, book, [person], None, 1_000)] == list(range(1, 3_001))


async def test_what_mutations_tell_beside_lines(engine: AsyncEngine, reading_engine: AsyncEngine) -> None:
    book = await new_book(engine, "A")
    old, new = persons(2)
    first = DossierType("A", {"nl": "Eerste"}, "101")
    second = DossierType("A", {"nl": "Tweede"}, None, ACTOR, FIRST_DAY, FIRST_DAY + 1)
    changed = MutationKind.DOSSIER_TYPE_CHANGED
    await book.about(None, changed, before=None, after=dossier_type_json(first))
    await book.about(None, changed, before=dossier_type_json(first), after=dossier_type_json(second))
    await book.about(
        old, MutationKind.NISS_REPLACED, ["A"], replaced_niss=niss_text(old), successor_niss=niss_text(new)
    )
    await book.about(old, MutationKind.NISS_CANCELLED, ["A"])
    statement = f"SELECT {MUTATION_COLUMNS} FROM mutation m WHERE register_id = %(id)s ORDER BY revision"
    rows = await fetch(reading_engine, statement, {"id": book.id})
    mutations = mutations_of(book.number, rows)
    assert [m.detail for m in mutations] == [
        DossierTypeChange(None, first),
        DossierTypeChange(first, second),
        Replacement(old, new),
        None,
    ]
    assert [m.kind for m in mutations] == [
        changed,
        changed,
        MutationKind.NISS_REPLACED,
        MutationKind.NISS_CANCELLED,
    ]
    assert mutations[0].stamp is mutations[3].stamp
