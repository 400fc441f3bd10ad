"""The authentic source confronted with claims: where it is the store itself, and where it knows nobody."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.confrontation import mismatches
from raas.usecases.person_ports import Claim, PersonStore


class StoredIdentities:
    """The IdentitySource of person_ports.py on the persons in the store."""

    def __init__(self, store: PersonStore) -> None:
        self._store = store

    async def mismatches(self, claims: Sequence[Claim]) -> Sequence[tuple[str, ...]]:
        """Per claim the names of the fields that differ; one question to the store for all of them."""
        persons = await self._store.finals({niss for niss, _ in claims})
        return [
            mismatches(claim, persons[niss].identity) if niss in persons else () for niss, claim in claims
        ]


class NoIdentities:
    """The IdentitySource of a source that knows numbers only: nothing differs from nothing."""

    async def mismatches(self, claims: Sequence[Claim]) -> Sequence[tuple[str, ...]]:
        """No differing field for any claim."""
        return [()] * len(claims)
