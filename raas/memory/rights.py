"""The rights in memory: the RightsStore and the RightsReader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.rights import UNKNOWN_VERSION, AnyRight, PageStart, RightsUpdate


def _now() -> datetime:
    return datetime.now(UTC)


class MemoryRights:
    """Rights that processes could share; `clock` is that of the database.

    While `answers` is False, reading and writing raise StoreUnavailable; while `notifies` is False, readers
    learn of changes by reading only.
    """

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self.clock = clock
        self.version = 0
        self.answers = True
        self.notifies = True
        self._rows: dict[UUID, tuple[int, Right]] = {}
        self._changing = asyncio.Lock()
        self._changed = asyncio.Event()

    def reader(self) -> MemoryRightsReader:
        """A reader, as each process has one."""
        return MemoryRightsReader(self)

    def changed_after(self, version: int) -> Sequence[Right]:
        """The rights that changed after a version."""
        return [right for at, right in self._rows.values() if at > version]

    async def notification(self) -> None:
        """Return at the next notification."""
        await self._changed.wait()

    @asynccontextmanager
    async def change(self) -> AsyncIterator[MemoryRightsTransaction]:
        """A transaction."""
        self.require_answer()
        async with self._changing:
            transaction = MemoryRightsTransaction(self.version + 1, self.clock(), self._rows)
            yield transaction
            if transaction.written:
                self.version = transaction.version
                self._rows |= {right.id: (self.version, right) for right in transaction.written}
                if self.notifies:
                    self._changed.set()
                    self._changed = asyncio.Event()

    async def mandates(
        self,
        register: EnterpriseNumber | None,
        mandatary: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Mandate]:
        """The mandates on a register, of a mandatary, or both."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, Mandate)
            and register in (None, each.register)
            and mandatary in (None, each.mandatary)
            and (day is None or each.is_valid(day, self.clock()))
            and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    async def grants(
        self,
        organisation: EnterpriseNumber | None,
        role: Role | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[RoleGrant]:
        """The role grants of an organisation, of one role, or all."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, RoleGrant)
            and organisation in (None, each.organisation)
            and role in (None, each.role)
            and (day is None or (each.revoke_time is None and each.validity.covers(day)))
            and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    async def legal_contexts(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[LegalContext]:
        """The entries of the catalogue of an organisation, or all."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, LegalContext)
            and organisation in (None, each.organisation)
            and (day is None or each.is_valid(day))
            and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    async def blocks(self, after: PageStart | None, limit: int) -> Sequence[CredentialBlock]:
        """The blocks of credentials that have not ended."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, CredentialBlock) and each.revoke_time is None and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    async def authorisations(
        self,
        service: str | None,
        register: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Authorisation]:
        """The authorisations for a service, of a register, or all."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, Authorisation)
            and service in (None, each.service)
            and register in (None, each.register)
            and (day is None or (each.revoke_time is None and each.validity.covers(day)))
            and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    async def admissions(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[Admission]:
        """The admissions of an organisation, or all."""
        self.require_answer()
        found = [
            each
            for _, each in self._rows.values()
            if isinstance(each, Admission)
            and organisation in (None, each.organisation)
            and (day is None or each.is_valid(day))
            and _follows(each, after)
        ]
        return sorted(found, key=_place)[:limit]

    def require_answer(self) -> None:
        """Raise StoreUnavailable while the store does not answer."""
        if not self.answers:
            raise StoreUnavailable("the rights in memory do not answer")


class MemoryRightsTransaction:
    """The RightsTransaction."""

    def __init__(self, version: int, time: datetime, rows: dict[UUID, tuple[int, Right]]) -> None:
        self.version = version
        self.time = time
        self.written: list[Right] = []
        self._rights = [right for _, right in rows.values()]

    async def find(self, kind: type[AnyRight], id_: UUID) -> AnyRight | None:
        """The right of this kind with this id."""
        return next((each for each in self._rights if isinstance(each, kind) and each.id == id_), None)

    async def grants_of(self, organisation: EnterpriseNumber) -> Sequence[RoleGrant]:
        """All role grants of an organisation."""
        return [
            each for each in self._rights if isinstance(each, RoleGrant) and each.organisation == organisation
        ]

    async def admissions_of(self, organisation: EnterpriseNumber) -> Sequence[Admission]:
        """The admissions of an organisation that others have not replaced."""
        return [
            each
            for each in self._rights
            if isinstance(each, Admission) and each.organisation == organisation and each.revoke_time is None
        ]

    async def put(self, right: Right) -> None:
        """Add or change a right when the block ends."""
        self.written.append(right)


class MemoryRightsReader:
    """The RightsReader of one process."""

    def __init__(self, rights: MemoryRights) -> None:
        self._rights = rights

    async def read(self, known: int) -> RightsUpdate:
        """The rights that changed after a version."""
        self._rights.require_answer()
        complete = known == UNKNOWN_VERSION or self._rights.version < known
        rows = self._rights.changed_after(UNKNOWN_VERSION if complete else known)
        return RightsUpdate(self._rights.version, self._rights.clock(), rows, complete)

    async def changed(self, seconds: float) -> None:
        """Wait for a notification."""
        try:
            async with asyncio.timeout(seconds):
                await self._rights.notification()
        except TimeoutError:
            return

    def close(self) -> None:
        """There is nothing to close."""


def _place(right: Right) -> tuple[datetime, UUID]:
    return right.grant_time, right.id


def _follows(right: Right, after: PageStart | None) -> bool:
    return after is None or _place(right) > (after.time, after.id)
