"""The history of persons, oldest mutation first."""

from __future__ import annotations

import random
from collections.abc import Collection

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.errors import Reason, Refused
from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import Mutation, MutationKind, Stamp
from raas.usecases.ports.read_store import ReadStore
from tests.contract.book import (
    ACTOR,
    CALL_ID,
    FIRST_DAY,
    Book,
    new_book,
    persons,
    random_lines,
    write_at_random,
)
from tests.contract.stores import Stores

LINE = Period(FIRST_DAY, FIRST_DAY + 10)


@pytest.fixture(scope="module")
def store(stores: Stores) -> ReadStore:
    return stores.reads


def by_hand(book: Book, nisses: Collection[Niss], code: str | None) -> list[int]:
    return [e.revision for e in book.entries if e.niss in nisses and code in (None, e.code)]


async def whole(
    store: ReadStore, book: Book, nisses: list[Niss], code: str | None, limit: int
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
async def test_history_pages_of_any_size_make_the_whole_history(
    store: ReadStore, stores: Stores, limit: int
) -> None:
    book = await new_book(stores, "A", "B", "C")
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
                assert mutation.stamp == Stamp(ACTOR, CALL_ID, application="urn:app", on_behalf_of=ACTOR)


async def test_history_has_mutations_about_the_person_between_those_of_dossiers(
    store: ReadStore, stores: Stores
) -> None:
    book = await new_book(stores, "A", "B")
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


async def test_history_of_another_register_is_not_read(store: ReadStore, stores: Stores) -> None:
    book, other = await new_book(stores, "A"), await new_book(stores, "A")
    await other.set((persons(1)[0], "A", (LINE,)))
    assert await store.history(book.id, persons(1), None, 0, 10) == ((), False)
    with pytest.raises(Refused) as refused:
        await store.history(book.id, persons(1), "B", 0, 10)
    assert [(v.field, v.reason) for v in refused.value.violations] == [
        ("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN)
    ]


async def test_history_leaves_out_trimmed_mutations(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    people = persons(4)
    await write_at_random(book, people, 100, seed=12)
    oldest = await book.trim(60)
    for limit in (1, 3, 100):
        mutations = await whole(store, book, people[:2], None, limit)
        assert [m.revision for m in mutations] == [r for r in by_hand(book, people[:2], None) if r > oldest]


async def test_history_of_a_long_chain_is_complete(store: ReadStore, stores: Stores) -> None:
    book = await new_book(stores, "A")
    person = persons(1)[0]
    chance = random.Random(13)
    await book.set(*((person, "A", random_lines(chance)) for _ in range(3_000)))
    assert [m.revision for m in await whole(store, book, [person], None, 1_000)] == list(range(1, 3_001))
