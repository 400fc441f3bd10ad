"""What a change of a person's standing needs from the store: one transaction over all registers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.usecases.ports.persons import PersonRecords
from raas.usecases.ports.write_store import DossierTypes, LoadedState, WriteSet


@dataclass(frozen=True, slots=True)
class NissStatus:
    """What the authentic source says of a number: `replaced_by` directly, `successor` in the end."""

    status: PersonStatus
    replaced_by: Niss | None = None
    successor: Niss | None = None


@dataclass(frozen=True, slots=True)
class LoadedRegister:
    """A register that has, or had, dossiers of the numbers asked, locked: nobody else writes it."""

    register_id: int
    register: EnterpriseNumber
    loaded: LoadedState
    """All dossiers of these numbers, and their shares."""
    types: DossierTypes


class PersonWriteTransaction(Protocol):
    """A transaction in which no write lane runs anywhere: what it reads stays true until it ends."""

    records: PersonRecords
    """The records of persons, inside this transaction."""

    async def niss_statuses(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """What is known of these numbers; an unknown one is absent."""

    async def united(self, nisses: Sequence[Niss]) -> Mapping[Niss, NissStatus]:
        """The numbers whose final successor is one of these."""

    async def loaded_registers(self, nisses: Sequence[Niss]) -> Sequence[LoadedRegister]:
        """The registers concerned, in the order of their ids, which is the order of locking."""

    async def keep_content(self, niss: Niss, body: Mapping[str, Any]) -> tuple[int, str]:
        """Keep facts about a person beside the log; answers their id and the hash that stands for them."""

    async def commit(
        self, niss_statuses: Mapping[Niss, NissStatus], registers: Iterable[tuple[int, WriteSet]]
    ) -> None:
        """Write all of it and commit, or nothing. Raises StoreUnavailable, CommitUnknown, StoreFault."""


class PersonWriteStore(Protocol):
    """The store as the verbs on persons see it."""

    def change(self) -> AbstractAsyncContextManager[PersonWriteTransaction]:
        """Keep every write lane out, then read; leaving without commit rolls back."""
