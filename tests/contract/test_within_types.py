"""Reads within some dossier types: others, and mutations that concern them, are as if they did not exist."""

from __future__ import annotations

from typing import Any

import pytest

from raas.domain.calendar.periods import Period
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.register import RegisterIdentity
from raas.domain.rights.view import RegisterView
from raas.usecases.ports.log import LogFilter, ReadLimits
from raas.usecases.ports.niss_history import ReadAs
from raas.usecases.ports.read_store import DossierFilter
from raas.usecases.reads.restricted import RestrictedReads
from tests.contract.book import FIRST_DAY, Book, new_book, persons, write_at_random
from tests.contract.stores import Stores
from tests.oracle.numbers import niss

WITHIN = frozenset({"A", "C", "LATER"})
LINE = Period(FIRST_DAY, FIRST_DAY + 10)
PEOPLE = persons(12)


@pytest.fixture(scope="module")
async def book(stores: Stores) -> Book:
    """A register of four types with news about persons."""
    made = await new_book(stores, "A", "B", "C", "D")
    await write_at_random(made, PEOPLE[:10], 120, seed=5)
    await made.about(PEOPLE[0], MutationKind.NISS_CANCELLED, ["B", "D"])
    await made.about(PEOPLE[1], MutationKind.NISS_CANCELLED, ["B", "C"])
    await write_at_random(made, PEOPLE[:10], 160, seed=6)
    return made


def visible(book: Book, at: int) -> list[tuple[Niss, str, Any, int]]:
    """The dossiers of the types within, by replaying the mutations."""
    state = book.state_at(at)
    return [(who, code, lines, last) for (who, code), (lines, last) in state.items() if code in WITHIN]


@pytest.mark.parametrize("limit", [1, 5, 1_000])
@pytest.mark.parametrize("at", [None, 60, 122])
async def test_pages_have_the_dossiers_of_the_types(
    stores: Stores, book: Book, at: int | None, limit: int
) -> None:
    for which in (DossierFilter(within=WITHIN), DossierFilter(nisses=tuple(PEOPLE[:9]), within=WITHIN)):
        found = []
        after = None
        more = True
        while more:
            page = await stores.reads.page(book.id, which, at, after, limit)
            found += [(view.niss, view.dossier_type, view.lines, view.revision) for view in page.dossiers]
            more, after = page.more, found[-1][:2] if found else None
        expected = visible(book, book.revision if at is None else at)
        assert found == [each for each in expected if not which.nisses or each[0] in which.nisses]


async def test_history_and_log_have_the_mutations_that_concern_the_types(stores: Stores, book: Book) -> None:
    of_types = [entry.revision for entry in book.entries if entry.code in WITHIN]
    cancelled = next(
        entry.revision for entry in book.entries if entry.niss == PEOPLE[1] and entry.code is None
    )
    expected = sorted([*of_types, cancelled])
    mutations, more = await stores.reads.history(book.id, PEOPLE, None, 0, 1_000, WITHIN)
    assert ([mutation.revision for mutation in mutations], more) == (expected, False)
    # Types that the reader may see, and that may be created later, have no ids yet.
    which = LogFilter(tuple(sorted(WITHIN)))
    page = (await stores.logs.read({book.id: 0}, which, ReadLimits(1_000, 1_000)))[book.id]
    assert [entry.revision for entry in page.entries] == expected
    assert page.edge.revision == book.revision


async def test_chains_are_those_of_the_types(stores: Stores, book: Book) -> None:
    found = await stores.reads.chains(book.id, PEOPLE, None, FIRST_DAY, WITHIN)
    last = {(e.niss, e.code): e.revision for e in book.entries if e.code in WITHIN}
    assert sorted((chain.niss, chain.revision) for chain in found.chains) == sorted(
        (who, revision) for (who, _), revision in last.items()
    )
    assert found.revision == book.revision


async def test_holders_have_or_had_a_dossier_of_the_types(stores: Stores) -> None:
    # No other person in the tests is born on this day.
    person = Niss(int(niss(1933, 64, 3, 3)))
    has, hides = [await new_book(stores, "A", "B") for _ in range(2)]
    await has.set((person, "A", (LINE,)), (person, "B", (LINE,)))
    await hides.set((person, "B", (LINE,)))
    assert await stores.reads.holders([person], WITHIN) == [(RegisterIdentity(has.id, has.number), person)]


async def test_log_tells_the_status_of_numbers_by_the_types_alone(stores: Stores) -> None:
    book = await new_book(stores, "A", "B")
    seen, hidden, cancelled, old, new = PEOPLE[:5]
    await book.set((seen, "A", (LINE,)), (hidden, "B", (LINE,)), (cancelled, "B", (LINE,)))
    await book.about(cancelled, MutationKind.NISS_CANCELLED, ["B"])
    await book.set((old, "B", (LINE,)))
    await book.replace(old, new, "B")
    keys = [(book.id, each) for each in (seen, hidden, cancelled, old)]
    at = {book.id: book.revision}
    whole = await stores.reads.logged_numbers(keys, at)
    assert [whole[key].niss for key in keys] == [seen, hidden, cancelled, new]
    told = await stores.reads.logged_numbers(keys, at, WITHIN)
    assert told == {(book.id, seen): ReadAs(seen, PersonStatus.ACTIVE)}


async def test_numbers_have_a_line_under_a_type_of_the_view(stores: Stores, book: Book) -> None:
    reads = RestrictedReads(stores.reads, lambda _: RegisterView(WITHIN))
    expected = sorted({who for who, *_ in visible(book, book.revision)})
    assert await reads.numbers(book.id, None, 1_000) == expected
    assert await reads.numbers(book.id, expected[1], 3) == expected[2:5]


async def test_hidden_type_is_unknown_like_one_that_does_not_exist(stores: Stores, book: Book) -> None:
    reads = RestrictedReads(stores.reads, lambda _: RegisterView(WITHIN))
    assert await reads.unknown_types(book.id, ["A", "B", "LATER", "NEVER"]) == {"B", "LATER", "NEVER"}


async def test_register_counts_the_dossiers_of_the_types_after_every_change(stores: Stores) -> None:
    book = await new_book(stores, "A", "B", "C")
    whole = await stores.registers.find(book.number)
    assert whole is not None
    for seed in range(3):
        await write_at_random(book, PEOPLE[:6], 40 * (seed + 1), seed)
        for _ in range(2):
            found = await stores.registers.find_within(book.number, WITHIN)
            assert found is not None
            assert (found.revision, found.checksum) == (book.revision, b"")
            assert found.dossier_count == len(visible(book, book.revision))
    await book.new_type("LATER")
    await book.set((PEOPLE[11], "LATER", (LINE,)))
    found = await stores.registers.find_within(book.number, WITHIN)
    assert found is not None
    assert found.dossier_count == len(visible(book, book.revision))
    await book.trim(book.revision - 1)
    await book.set((PEOPLE[11], "LATER", ()), (PEOPLE[10], "A", (LINE,)))
    await book.trim(book.revision)
    found = await stores.registers.find_within(book.number, WITHIN)
    assert found is not None
    assert found.dossier_count == len(visible(book, book.revision))
