"""The stored rights of organisations, and the version at which each last changed.

A transaction that changes rights gives them the next version. So a reader that knows a version needs only
the rows after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.domain.rights.authorisation import Authorisation
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.legal_context import LegalContext
from raas.domain.rights.mandate import Mandate
from raas.domain.rights.role import Role, RoleGrant
from raas.domain.rights.snapshot import Right

AnyRight = TypeVar("AnyRight", bound=Right)

UNKNOWN_VERSION = -1
"""Asks a reader for all rights that have not ended."""


@dataclass(frozen=True, slots=True)
class RightsUpdate:
    """The rights that changed since a version, as the primary had them at `time` by its own clock.

    `complete`: the rows are all rights that have not ended; whatever was known before is void.
    """

    version: int
    time: datetime
    rows: Sequence[Right]
    complete: bool


class RightsReader(Protocol):
    """Reads the rights of the primary. It waits for nothing that other work of the process occupies."""

    async def read(self, known: int) -> RightsUpdate:
        """The rights that changed after version `known`, or (UNKNOWN_VERSION) all that have not ended.

        All are answered, too, where the database may be another one than before, restored or after a
        failover: its versions may stand for other rights. Raises StoreUnavailable, also when there is no
        answer in time; StoreFault.
        """

    async def changed(self, seconds: float) -> None:
        """Return when a change was notified, or after so many seconds. Raises StoreUnavailable."""

    def close(self) -> None:
        """Disconnect."""


class RightsTransaction(Protocol):
    """A change of the rights, while no other one takes place."""

    version: int
    """The version that the rows written here get."""
    time: datetime
    """The clock of the database."""

    async def find(self, kind: type[AnyRight], id_: UUID) -> AnyRight | None:
        """The right of this kind with this id."""

    async def grants_of(self, organisation: EnterpriseNumber) -> Sequence[RoleGrant]:
        """All role grants of an organisation."""

    async def admissions_of(self, organisation: EnterpriseNumber) -> Sequence[Admission]:
        """The admissions of an organisation that others have not replaced; one at most."""

    async def put(self, right: Right) -> None:
        """Add a right, or change the one with its id."""


@dataclass(frozen=True, slots=True)
class PageStart:
    """The last element of the page before; lists are in order of grant time, then id."""

    time: datetime
    id: UUID


class RightsStore(Protocol):
    """Changes and lists the rights. All raise StoreUnavailable, StoreFault."""

    def change(self) -> AbstractAsyncContextManager[RightsTransaction]:
        """A transaction: committed, and notified to all processes, when the block ends without an error.

        A block that put nothing changes nothing. Raises CommitUnknown.
        """

    async def mandates(
        self,
        register: EnterpriseNumber | None,
        mandatary: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Mandate]:
        """The mandates on a register, of a mandatary, or both; with `day` only those valid on that day.

        At least one of `register` and `mandatary` is given.
        """

    async def grants(
        self,
        organisation: EnterpriseNumber | None,
        role: Role | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[RoleGrant]:
        """The role grants of an organisation (None = all), of one role (None = all)."""

    async def legal_contexts(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[LegalContext]:
        """The entries of the catalogue of an organisation (None = all)."""

    async def blocks(self, after: PageStart | None, limit: int) -> Sequence[CredentialBlock]:
        """The blocks of credentials that have not ended."""

    async def authorisations(
        self,
        service: str | None,
        register: EnterpriseNumber | None,
        day: int | None,
        after: PageStart | None,
        limit: int,
    ) -> Sequence[Authorisation]:
        """The authorisations for a service (None = all), of a register (None = all).

        With `day` only those valid on that day, confirmed or not.
        """

    async def admissions(
        self, organisation: EnterpriseNumber | None, day: int | None, after: PageStart | None, limit: int
    ) -> Sequence[Admission]:
        """The admissions of an organisation (None = all), also those that others have replaced.

        With `day` only those valid on that day.
        """
