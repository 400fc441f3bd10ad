"""Comparing claims with the persons in the store, or with a source that has no identities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from raas.concurrency.slices import yielding_items
from raas.domain.numbers.niss import Niss
from raas.domain.persons.confrontation import mismatches
from raas.domain.persons.record import Person
from raas.usecases.ports.persons import Claim, Comparison, PersonStore

_SLICE_SECONDS = 0.005
"""Seconds of comparing after which the event loop may run other tasks; a long claim alone takes as long."""


class StoredIdentities:
    """The IdentitySource of ports/persons.py on the persons in the store."""

    def __init__(self, store: PersonStore) -> None:
        self._store = store

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """One comparison per claim; all persons are read in one statement."""
        persons = await self._store.finals({niss for niss, _ in claims})
        differing = await compared(persons, claims)
        return [
            Comparison(persons[niss].niss if niss in persons else niss, fields)
            for (niss, _), fields in zip(claims, differing, strict=True)
        ]


async def compared(persons: Mapping[Niss, Person], claims: Sequence[Claim]) -> Sequence[tuple[str, ...]]:
    """Per claim the names of the fields that differ from those of the person; none if it is unknown."""
    found = []
    async for niss, claim in yielding_items(claims, _SLICE_SECONDS):
        person = persons.get(niss)
        found.append(mismatches(claim, person.identity) if person else ())
    return found


class NoIdentities:
    """The IdentitySource of a source that has no identities: no field ever differs."""

    async def compare(self, claims: Sequence[Claim]) -> Sequence[Comparison]:
        """Comparisons without a differing field."""
        return [Comparison(niss, ()) for niss, _ in claims]
