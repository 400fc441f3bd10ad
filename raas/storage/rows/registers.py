"""Registers as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register

IDENTITY_COLUMNS = "r.id, r.enterprise_number, r.name, r.create_time, r.sector, r.institution"
"""The columns of `register r` that `register_of` reads."""

HEAD_COLUMNS = """
  h.log_id, h.revision, h.oldest_revision, h.record_time, h.types_revision, h.dossier_count, h.checksum"""
"""The columns of `register_head h` that `register_of` reads."""


def register_of(identity: Sequence[Any], head: Sequence[Any]) -> Register:
    """The register with these columns of its identity and its head."""
    id_, number, name, created, sector, institution = identity
    log_id, revision, oldest, recorded, types, dossiers, checksum = head
    return Register(
        id_,
        EnterpriseNumber(number),
        name,
        log_id,
        revision,
        oldest,
        recorded,
        types,
        dossiers,
        checksum,
        created,
        sector,
        institution,
    )
