"""The journal outside the database: what must not come back with an older copy of it.

A restore of an older copy would give back rights that were ended since, lift blocks of credentials, bring
back contents that were erased, and show inscriptions that were restricted. The entries of the journal are
then carried out again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.restriction import Grounds, Restriction
from raas.domain.rights.credential_block import CredentialBlock
from raas.domain.rights.snapshot import Right
from raas.usecases.ports.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class RightEnded:
    """A right ended."""

    kind: type[Right]
    id: UUID
    by: EnterpriseNumber
    time: datetime


@dataclass(frozen=True, slots=True)
class CredentialBlocked:
    """Credentials were blocked."""

    block: CredentialBlock


@dataclass(frozen=True, slots=True)
class ContentsErased:
    """Contents about these persons were erased, or those older than an instant."""

    time: datetime
    nisses: Sequence[Niss] = ()
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class InscriptionRestricted:
    """A mistaken inscription of a register was restricted."""

    register: EnterpriseNumber
    restriction: Restriction


@dataclass(frozen=True, slots=True)
class RestrictionLifted:
    """The effect of a restriction of a register ended."""

    register: EnterpriseNumber
    id: UUID
    grounds: Grounds
    time: datetime


JournalEntry = RightEnded | CredentialBlocked | ContentsErased | InscriptionRestricted | RestrictionLifted


class JournalUnavailable(StoreUnavailable):
    """An entry could not be kept, and what it stands for was not done."""


class Journal(Protocol):
    """Keeps entries outside the database."""

    async def append(self, entries: Sequence[JournalEntry]) -> None:
        """Keep entries durably, before what they stand for is committed. Raises JournalUnavailable."""


class NoJournal:
    """The journal of a server that has none."""

    async def append(self, entries: Sequence[JournalEntry]) -> None:
        """Keep nothing."""
