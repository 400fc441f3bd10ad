"""The rights: every end, and every block of credentials, goes to the journal before it is committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.usecases.ports.audit.journal import CredentialBlocked, Journal, JournalEntry, RightEnded
from raas.usecases.ports.rights import AnyRight, PageStart, RightsStore, RightsTransaction


class JournaledRights:
    """A RightsStore over another one.

    An entry whose transaction then fails stays in the journal: carried out after a restore, it ends a right
    that an authorised caller had decided to end.
    """

    def __init__(self, store: RightsStore, journal: Journal) -> None:
        self._store = store
        self._journal = journal

    @asynccontextmanager
    async def change(self) -> AsyncIterator[RightsTransaction]:
        """A transaction. Raises JournalUnavailable, and nothing is changed, when the journal fails."""
        async with self._store.change() as transaction:
            journaled = _JournaledTransaction(transaction)
            yield journaled
            if journaled.entries:
                await self._journal.append(journaled.entries)

    async def mandates(
        self,
        register: EnterpriseNumber | None,
        mandatary: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Mandate]:
        """As the store has them."""
        return await self._store.mandates(register, mandatary, day, after, limit)

    async def grants(
        self,
        organisation: EnterpriseNumber | None,
        role: Role | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[RoleGrant]:
        """As the store has them."""
        return await self._store.grants(organisation, role, day, after, limit)

    async def legal_contexts(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[LegalContext]:
        """As the store has them."""
        return await self._store.legal_contexts(organisation, day, after, limit)

    async def authorisations(
        self,
        service: str | None,
        register: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Authorisation]:
        """As the store has them."""
        return await self._store.authorisations(service, register, day, after, limit)

    async def blocks(self, after: PageStart | None, limit: int) -> Sequence[CredentialBlock]:
        """As the store has them."""
        return await self._store.blocks(after, limit)

    async def admissions(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[Admission]:
        """As the store has them."""
        return await self._store.admissions(organisation, day, after, limit)


class _JournaledTransaction:
    """A RightsTransaction that collects the entries of its changes."""

    def __init__(self, transaction: RightsTransaction) -> None:
        self.version: int = transaction.version
        self.time: datetime = transaction.time
        self.entries: list[JournalEntry] = []
        self._transaction = transaction

    async def find(self, kind: type[AnyRight], id_: UUID) -> AnyRight | None:
        """The right; one that has ended is journaled again, as its first entry may be lost."""
        right = await self._transaction.find(kind, id_)
        if right is not None:
            self._note_end(right)
        return right

    async def grants_of(self, organisation: EnterpriseNumber) -> Sequence[RoleGrant]:
        """All role grants of an organisation."""
        return await self._transaction.grants_of(organisation)

    async def admissions_of(self, organisation: EnterpriseNumber) -> Sequence[Admission]:
        """The admissions of an organisation that others have not replaced."""
        return await self._transaction.admissions_of(organisation)

    async def put(self, right: Right) -> None:
        """Add a right, or change it."""
        await self._transaction.put(right)
        if isinstance(right, CredentialBlock) and right.revoke_time is None:
            self.entries.append(CredentialBlocked(right))
        self._note_end(right)

    def _note_end(self, right: Right) -> None:
        if right.revoke_time is not None:
            assert right.revoked_by is not None
            self.entries.append(RightEnded(type(right), right.id, right.revoked_by, right.revoke_time))
