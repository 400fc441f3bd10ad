"""Mutations as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import Mutation, MutationKind, Stamp
from raas.domain.registers.stored_details import detail_from_json
from raas.storage.rows.contents import CONTENT_COLUMNS, content_of
from raas.storage.rows.ranges import lines_of

MUTATION_COLUMNS = f"""
  m.revision, m.batch_last_revision, m.kind, m.niss, m.requested_niss,
  (SELECT code FROM dossier_type WHERE id = m.dossier_type_id) AS code,
  CASE WHEN m.dossier_type_ids IS NOT NULL THEN
    ARRAY(SELECT code FROM dossier_type WHERE id = ANY(m.dossier_type_ids) ORDER BY code) END AS codes,
  m.before::text AS before, m.after::text AS after, m.record_time, m.actor, m.call_id, m.request_id,
  m.legal_context, m.ticket, m.application, m.on_behalf_of, m.checksum, m.detail,
{CONTENT_COLUMNS}"""
"""The columns that `mutations_of` reads; the table must be called `m`."""

_KINDS = {kind.value: kind for kind in MutationKind}


def mutations_of(register: EnterpriseNumber, rows: Iterable[tuple[Any, ...]]) -> list[Mutation]:
    """The mutations in rows of MUTATION_COLUMNS; mutations of one call share a stamp."""
    stamps: dict[tuple[Any, ...], Stamp] = {}
    return [_mutation(register, row, stamps) for row in rows]


def _mutation(
    register: EnterpriseNumber, row: tuple[Any, ...], stamps: dict[tuple[Any, ...], Stamp]
) -> Mutation:
    revision, batch_last, kind_number, niss, requested, code, codes, before, after, record_time = row[:10]
    checksum, json = row[17], row[18]
    stamp = stamps.get(row[10:17])
    if stamp is None:
        stamp = stamps[row[10:17]] = Stamp(*row[10:17])
    return Mutation(
        register,
        revision,
        batch_last,
        _KINDS[kind_number],
        niss,
        requested,
        code,
        tuple(codes or ()),
        lines_of(before),
        lines_of(after),
        record_time,
        stamp,
        checksum,
        detail_from_json(kind_number, json, content_of(*row[19:])),
    )
