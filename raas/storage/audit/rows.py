"""Audit records as rows of `audit_write` and `audit_call`: each canonical text comes back as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from raas.domain.audit.record import Actor, AuditRecord, BulkRead, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.storage.rows.arrays import array, blobs, quoted, texts, texts_or_null
from raas.usecases.ports.audit.chains import ChainedRecord

_KINDS = (
    RecordKind.CALL,
    RecordKind.EXTENT,
    RecordKind.REFUSALS,
    RecordKind.COMMAND,
    RecordKind.BEGIN,
    RecordKind.SEAL,
)
_NUMBERS = {kind.value: str(number) for number, kind in enumerate(_KINDS, 1)}

SEAL = 1 + _KINDS.index(RecordKind.SEAL)
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


def record_parameters(records: Sequence[ChainedRecord]) -> dict[str, Any]:
    """The parameters of `GIVEN_ROWS`: the columns are the canonical texts, NULL where one is absent."""
    _, kinds, times, call_ids, callers, *others = zip(*[record.texts for record in records], strict=True)
    applications, credentials, peers, behalves, end_users, rpcs, registers, touched, shown, *others = others
    bulks, contexts, tickets, outcomes, revisions, counts, criteria, details = others
    return {
        "audit_index": array([record.index for record in records]),
        "audit_hash": blobs([record.hash for record in records]),
        "audit_time": quoted(times),
        "audit_kind": quoted([_NUMBERS[kind] for kind in kinds]),
        "audit_call_id": texts_or_null(call_ids),
        "audit_caller": texts_or_null(callers),
        "audit_application": texts_or_null(applications),
        "audit_credential": texts_or_null(credentials),
        "audit_peer": texts_or_null(peers),
        "audit_on_behalf_of": texts_or_null(behalves),
        "audit_end_user": texts_or_null(end_users),
        "audit_rpc": texts(rpcs),
        "audit_register": texts_or_null(registers),
        "audit_touched": quoted([f"{{{numbers}}}" for numbers in touched]),
        "audit_shown": quoted([f"{{{numbers}}}" for numbers in shown]),
        "audit_bulk": texts_or_null(bulks),
        "audit_legal_context": texts_or_null(contexts),
        "audit_ticket": texts_or_null(tickets),
        "audit_outcome": texts(outcomes),
        "audit_revision": texts_or_null(revisions),
        "audit_count": texts_or_null(counts),
        "audit_criteria": texts_or_null([hashed and f"\\x{hashed}" for hashed in criteria]),
        "audit_details": texts_or_null(details),
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


def _bulk_of(text: str) -> BulkRead:
    form = json.loads(text)
    return BulkRead(form["filter"], form.get("first_revision"), form.get("last_revision"), form["count"])
