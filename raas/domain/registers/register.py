"""A register: one organisation's record of the persons it knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text


@dataclass(frozen=True, slots=True)
class Register:
    """A register as its owner sees it; `oldest_revision` is the smallest valid after_revision."""

    id: int
    enterprise_number: EnterpriseNumber
    name: str
    log_id: UUID
    revision: int
    oldest_revision: int
    record_time: datetime
    types_revision: int
    dossier_count: int
    checksum: bytes
    create_time: datetime
    sector: int | None = None
    """The older code of the sector of the organisation, 0 to 999."""
    institution: int | None = None
    """The older code of the organisation within its sector, 0 to 999."""


@dataclass(frozen=True, slots=True)
class RegisterIdentity:
    """The parts of a register that never change."""

    id: int
    enterprise_number: EnterpriseNumber


def first_checksum(number: EnterpriseNumber) -> bytes:
    """The checksum of a register without mutations: SHA-256 of its enterprise number, ten digits."""
    return sha256(enterprise_number_text(number).encode()).digest()
