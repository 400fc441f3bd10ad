"""Mutations as rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from raas.domain.dossier_type_json import dossier_type_from_json
from raas.domain.enterprise_number import EnterpriseNumber
from raas.domain.mutation import Detail, DossierTypeChange, Mutation, MutationKind, Replacement, Stamp
from raas.domain.niss import Niss
from raas.storage.period_text import lines_of

MUTATION_COLUMNS = """
  m.revision, m.batch_last_revision, m.kind, m.niss, m.requested_niss, m.content_id,
  (SELECT code FROM dossier_type WHERE id = m.dossier_type_id) AS code,
  CASE WHEN m.dossier_type_ids IS NOT NULL THEN
    ARRAY(SELECT code FROM dossier_type WHERE id = ANY(m.dossier_type_ids) ORDER BY code) END AS codes,
  m.before::text AS before, m.after::text AS after, m.record_time, m.actor, m.call_id, m.request_id,
  m.legal_context, m.ticket, m.checksum, m.detail"""
"""What `mutations_of` reads; the table must be called `m`."""

_KINDS = {kind.value: kind for kind in MutationKind}


def mutations_of(register: EnterpriseNumber, rows: Iterable[tuple[Any, ...]]) -> list[Mutation]:
    """The mutations in rows of MUTATION_COLUMNS; those of one call share their stamp."""
    stamps: dict[tuple[Any, ...], Stamp] = {}
    return [_mutation(register, row, stamps) for row in rows]


def _mutation(
    register: EnterpriseNumber, row: tuple[Any, ...], stamps: dict[tuple[Any, ...], Stamp]
) -> Mutation:
    revision, batch_last, kind_number, niss, requested, _content, code, codes, before, after = row[:10]
    record_time, checksum, json = row[10], row[16], row[17]
    stamp = stamps.get(row[11:16])
    if stamp is None:
        stamp = stamps[row[11:16]] = Stamp(*row[11:16])
    kind = _KINDS[kind_number]
    return Mutation(
        register,
        revision,
        batch_last,
        kind,
        niss,
        requested,
        code,
        tuple(codes or ()),
        lines_of(before),
        lines_of(after),
        record_time,
        stamp,
        checksum,
        _detail(kind, json),
    )


def _detail(kind: MutationKind, json: Any) -> Detail | None:
    if kind is MutationKind.DOSSIER_TYPE_CHANGED:
        earlier = json["before"]
        return DossierTypeChange(
            None if earlier is None else dossier_type_from_json(earlier),
            dossier_type_from_json(json["after"]),
        )
    if json is not None and "replaced_niss" in json:
        return Replacement(Niss(int(json["replaced_niss"])), Niss(int(json["successor_niss"])))
    return None
