"""Dossier types as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from raas.domain.calendar.duration import duration_text, parse_duration
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.usecases.ports.write_store import DossierTypes

# One statement reads the types and their revision in one snapshot.
_TYPE = """
  t.id, t.code, t.labels, t.quality_code, t.partner, t.active_from, t.active_until, t.identity_changes,
  t.partner_sector, t.partner_institution, t.keep_after_end"""
_READ = f"""
SELECT h.types_revision, {_TYPE} FROM register_head h
LEFT JOIN dossier_type t ON t.register_id = %(register)s WHERE h.register_id = %(register)s"""

READ_TYPES_OF = f"SELECT t.register_id, {_TYPE} FROM dossier_type t WHERE t.register_id = ANY(%s::bigint[])"
"""The dossier types of several registers; its rows are for `dossier_types_of`."""

_WRITE = """
INSERT INTO dossier_type (register_id, code, labels, quality_code, partner, active_from, active_until,
                          identity_changes, partner_sector, partner_institution, keep_after_end)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (register_id, code) DO UPDATE SET
  labels = excluded.labels, quality_code = excluded.quality_code, partner = excluded.partner,
  active_from = excluded.active_from, active_until = excluded.active_until,
  identity_changes = excluded.identity_changes, partner_sector = excluded.partner_sector,
  partner_institution = excluded.partner_institution, keep_after_end = excluded.keep_after_end
RETURNING id"""


async def read_dossier_types(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], register_id: int
) -> DossierTypes:
    """All dossier types of a register and the revision of their last change."""
    rows = await (await connection.execute(_READ, {"register": register_id})).fetchall()
    if not rows:
        return DossierTypes(0, {}, {})
    return _dossier_types(rows[0][0], [row[1:] for row in rows if row[1] is not None])


def dossier_types_of(
    types_revisions: Mapping[int, int], rows: Iterable[tuple[Any, ...]]
) -> Mapping[int, DossierTypes]:
    """The dossier types of several locked registers, from their revisions and rows of READ_TYPES_OF."""
    of_registers: dict[int, list[tuple[Any, ...]]] = {register_id: [] for register_id in types_revisions}
    for register_id, *columns in rows:
        of_registers[register_id].append(tuple(columns))
    return {
        register_id: _dossier_types(types_revisions[register_id], columns)
        for register_id, columns in of_registers.items()
    }


def _dossier_types(types_revision: int, rows: Iterable[tuple[Any, ...]]) -> DossierTypes:
    by_id = {type_id: _dossier_type(columns) for type_id, *columns in rows}
    return DossierTypes(types_revision, {t.code: (id_, t) for id_, t in by_id.items()}, by_id)


async def write_dossier_types(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], register_id: int, types: Mapping[str, DossierType]
) -> dict[str, int]:
    """Create or change the types; returns their ids by code."""
    ids = {}
    for code, t in types.items():
        parameters = (
            register_id,
            code,
            Jsonb(dict(t.labels)),
            t.quality_code,
            t.partner,
            _date(t.active_from),
            _date(t.active_until),
            t.identity_changes.value,
            t.partner_sector,
            t.partner_institution,
            None if t.keep_after_end is None else duration_text(t.keep_after_end),
        )
        row = await (await connection.execute(_WRITE, parameters)).fetchone()
        ids[code] = row[0] if row else 0
    return ids


def _dossier_type(row: Sequence[Any]) -> DossierType:
    (
        code,
        labels,
        quality_code,
        partner,
        active_from,
        active_until,
        identity_changes,
        sector,
        institution,
        keep,
    ) = row
    return DossierType(
        code,
        labels,
        quality_code,
        None if partner is None else EnterpriseNumber(partner),
        _day(active_from),
        _day(active_until),
        IdentityChanges(identity_changes),
        sector,
        institution,
        None if keep is None else parse_duration(keep),
    )


def _day(value: date | None) -> int | None:
    return None if value is None else value.toordinal()


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(day)
