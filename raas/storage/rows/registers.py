"""Registers as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register

REGISTER_COLUMNS = """
  r.id, r.enterprise_number, r.name, r.log_id, r.revision, r.oldest_revision, r.record_time,
  r.types_revision, r.dossier_count, r.checksum, r.create_time"""
"""The columns that `register_of` reads, first in the row; the table must be called `r`."""


def register_of(row: Sequence[Any]) -> Register:
    """The register in the first columns of the row."""
    id_, number, name, log_id, revision, oldest, recorded, types, dossiers, checksum, created = row[:11]
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
    )
