"""Dossier types as rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.dossier_type import DossierType, IdentityChanges
from raas.storage.rows.arrays import array
from raas.usecases.ports.write_store import DossierTypes

# One statement reads the types and their revision in one snapshot.
_READ = """
SELECT h.register_id, h.types_revision, t.id, t.code, t.labels, t.quality_code, t.partner, t.active_from,
       t.active_until, t.identity_changes
FROM register_head h LEFT JOIN dossier_type t ON t.register_id = h.register_id
WHERE h.register_id = ANY(%s::bigint[])"""

_WRITE = """
INSERT INTO dossier_type (register_id, code, labels, quality_code, partner, active_from, active_until,
                          identity_changes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (register_id, code) DO UPDATE SET
  labels = excluded.labels, quality_code = excluded.quality_code, partner = excluded.partner,
  active_from = excluded.active_from, active_until = excluded.active_until,
  identity_changes = excluded.identity_changes
RETURNING id"""


async def read_dossier_types(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], register_id: int
) -> DossierTypes:
    """All dossier types of a register and the revision of their last change."""
    found = await read_dossier_types_of(connection, [register_id])
    return found.get(register_id) or DossierTypes(0, {}, {})


async def read_dossier_types_of(
    connection: psycopg.AsyncConnection[tuple[Any, ...]], register_ids: Collection[int]
) -> Mapping[int, DossierTypes]:
    """The same for several registers, by register id; a register that does not exist is absent."""
    rows = await (await connection.execute(_READ, (array(register_ids),))).fetchall()
    revisions = {register_id: types_revision for register_id, types_revision, *_ in rows}
    types: dict[int, dict[int, DossierType]] = {register_id: {} for register_id in revisions}
    for register_id, _, type_id, *columns in rows:
        if type_id is not None:
            types[register_id][type_id] = _dossier_type(tuple(columns))
    return {
        register_id: DossierTypes(
            revisions[register_id], {t.code: (id_, t) for id_, t in by_id.items()}, by_id
        )
        for register_id, by_id in types.items()
    }


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
        )
        row = await (await connection.execute(_WRITE, parameters)).fetchone()
        ids[code] = row[0] if row else 0
    return ids


def _dossier_type(row: tuple[Any, ...]) -> DossierType:
    code, labels, quality_code, partner, active_from, active_until, identity_changes = row
    return DossierType(
        code,
        labels,
        quality_code,
        None if partner is None else EnterpriseNumber(partner),
        _day(active_from),
        _day(active_until),
        IdentityChanges(identity_changes),
    )


def _day(value: date | None) -> int | None:
    return None if value is None else value.toordinal()


def _date(day: int | None) -> date | None:
    return None if day is None else date.fromordinal(day)
