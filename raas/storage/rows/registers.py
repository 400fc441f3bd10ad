"""Registers as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.register import Register

REGISTER_COLUMNS = """
  r.id, r.enterprise_number, r.name, h.log_id, h.revision, h.oldest_revision, h.record_time,
  h.types_revision, h.dossier_count, h.checksum, r.create_time"""
"""The columns that `register_of` reads, first in the row, of `register r` and `register_head h`."""


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
