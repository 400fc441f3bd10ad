"""The history of persons, oldest mutation first."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import DossierTypeChange, Mutation, MutationKind, Replacement
from raas.domain.registers.stored_dossier_type import dossier_type_json
from raas.storage.connection.query import fetch
from raas.storage.reads.store import PostgresReadStore
from raas.storage.reads.window_sql import PAGE_BYTES
from raas.storage.rows.mutations import MUTATION_COLUMNS, mutations_of
from tests.storage.seed import (
    ACTOR,
    FIRST_DAY,
    Book,
    new_book,
    persons,
)

LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture
def store(reading_engine: AsyncEngine) -> PostgresReadStore:
    return PostgresReadStore(reading_engine)


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


async def test_page_of_large_mutations_ends_below_the_message_limit(
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


async def test_mutations_have_their_details_and_contents(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
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
