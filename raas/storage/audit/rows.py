"""Audit records as rows of `audit_write` and `audit_call`: each canonical text comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind, json_text
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.storage.rows.arrays import array, array_or_null, bytes_or_null, texts_or_null

_KINDS = (
    RecordKind.CALL,
    RecordKind.EXTENT,
    RecordKind.REFUSALS,
    RecordKind.COMMAND,
    RecordKind.BEGIN,
    RecordKind.SEAL,
)
_NUMBERS = {kind: number for number, kind in enumerate(_KINDS, 1)}

SEAL = _NUMBERS[RecordKind.SEAL]
"""The number of the kind of seals."""

_COLUMNS = """
  time, kind, call_id, caller, application, credential, peer, on_behalf_of, end_user, rpc, register, touched,
  shown, bulk, legal_context, ticket, outcome, revision, count, criteria, details"""

_MICROSECONDS = "(extract(epoch FROM {}time) * 1000000)::bigint"

INSERTED = f"chain_index, hash, {_COLUMNS}"
"""The columns of an INSERT, after those of the chain; `GIVEN` are their values."""

MICROSECONDS_GIVEN = "timestamptz 'epoch' + {} * interval '1 microsecond'"
"""The instant of a number of microseconds since 1970; the product is exact."""

GIVEN = f"""
  r.chain_index, r.hash, {MICROSECONDS_GIVEN.format("r.time")}, r.kind, r.call_id, r.caller,
  r.application, r.credential, r.peer, r.on_behalf_of, r.end_user, r.rpc, r.register,
  r.touched::bigint[], r.shown::bigint[], r.bulk, r.legal_context, r.ticket, r.outcome, r.revision, r.count,
  r.criteria, r.details"""

GIVEN_ROWS = """
  unnest(%(audit_index)s::bigint[], %(audit_hash)s::bytea[], %(audit_time)s::bigint[],
         %(audit_kind)s::smallint[], %(audit_call_id)s::uuid[], %(audit_caller)s::bigint[],
         %(audit_application)s::text[], %(audit_credential)s::text[], %(audit_peer)s::text[],
         %(audit_on_behalf_of)s::bigint[], %(audit_end_user)s::text[], %(audit_rpc)s::text[],
         %(audit_register)s::bigint[], %(audit_touched)s::text[], %(audit_shown)s::text[],
         %(audit_bulk)s::text[], %(audit_legal_context)s::text[], %(audit_ticket)s::text[],
         %(audit_outcome)s::text[], %(audit_revision)s::bigint[], %(audit_count)s::bigint[],
         %(audit_criteria)s::bytea[], %(audit_details)s::text[])
    AS r (chain_index, hash, time, kind, call_id, caller, application, credential, peer, on_behalf_of,
          end_user, rpc, register, touched, shown, bulk, legal_context, ticket, outcome, revision, count,
          criteria, details)"""
"""The rows of `record_parameters`, as a FROM item."""


def selected(alias: str = "") -> str:
    """The columns that `record_of` reads, of the table with this alias."""
    prefix = f"{alias}." if alias else ""
    names = [name.strip() for name in _COLUMNS.split(",")]
    return ", ".join([_MICROSECONDS.format(prefix), *(prefix + name for name in names[1:])])


def record_parameters(records: Sequence[tuple[int, bytes, AuditRecord]]) -> dict[str, Any]:
    """The parameters of `GIVEN_ROWS` for records with their numbers in the chain and their hashes."""
    only = [record for _, _, record in records]
    actors = [record.actor for record in only]
    return {
        "audit_index": array([index for index, _, _ in records]),
        "audit_hash": bytes_or_null([hash_ for _, hash_, _ in records]),
        "audit_time": array([r.time for r in only]),
        "audit_kind": array([_NUMBERS[r.kind] for r in only]),
        "audit_call_id": texts_or_null([None if r.call_id is None else str(r.call_id) for r in only]),
        "audit_caller": array_or_null([a.enterprise_number for a in actors]),
        "audit_application": texts_or_null([a.application for a in actors]),
        "audit_credential": texts_or_null([a.credential for a in actors]),
        "audit_peer": texts_or_null([a.peer for a in actors]),
        "audit_on_behalf_of": array_or_null([a.on_behalf_of for a in actors]),
        "audit_end_user": texts_or_null([a.end_user for a in actors]),
        "audit_rpc": texts_or_null([r.rpc for r in only]),
        "audit_register": array_or_null([r.register for r in only]),
        "audit_touched": texts_or_null([array(r.touched) for r in only]),
        "audit_shown": texts_or_null([array(r.shown) for r in only]),
        "audit_bulk": texts_or_null([None if r.bulk is None else _bulk_text(r.bulk) for r in only]),
        "audit_legal_context": texts_or_null([r.legal_context for r in only]),
        "audit_ticket": texts_or_null([r.ticket for r in only]),
        "audit_outcome": texts_or_null([r.outcome for r in only]),
        "audit_revision": array_or_null([r.revision for r in only]),
        "audit_count": array_or_null([r.count for r in only]),
        "audit_criteria": bytes_or_null([r.criteria_hash for r in only]),
        "audit_details": texts_or_null([json_text(r.details) if r.details else None for r in only]),
    }


def record_of(row: Sequence[Any]) -> AuditRecord:
    """The record of a row of the columns `selected`."""
    time, kind, call_id, caller, application, credential, peer, on_behalf_of, end_user, rpc, register = row[
        :11
    ]
    touched, shown, bulk, legal_context, ticket, outcome, revision, count, criteria, details = row[11:]
    return AuditRecord(
        _KINDS[kind - 1],
        time,
        Actor(_organisation(caller), application, credential, peer, _organisation(on_behalf_of), end_user),
        rpc,
        outcome,
        call_id=call_id,
        register=_organisation(register),
        touched=tuple(map(Niss, touched)),
        shown=tuple(map(Niss, shown)),
        bulk=None if bulk is None else _bulk_of(bulk),
        legal_context=legal_context,
        ticket=ticket,
        revision=revision,
        count=count,
        criteria_hash=criteria,
        details={} if details is None else json.loads(details),
    )


def _organisation(number: int | None) -> EnterpriseNumber | None:
    return None if number is None else EnterpriseNumber(number)


def _bulk_text(bulk: BulkRead) -> str:
    return json_text(
        {
            "count": bulk.count,
            "filter": bulk.filter,
            "first_revision": bulk.first_revision,
            "last_revision": bulk.last_revision,
        }
    )


def _bulk_of(text: str) -> BulkRead:
    form = json.loads(text)
    return BulkRead(form["filter"], form["first_revision"], form["last_revision"], form["count"])
