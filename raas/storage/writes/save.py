"""The statements of a write transaction: whole columns at once, one statement per kind of row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from raas.domain.registers.mutation import lines_text
from raas.domain.registers.shares import Shares
from raas.domain.stored_violations import violations_json
from raas.storage.audit.log import AuditLog
from raas.storage.audit.rows import GIVEN, GIVEN_ROWS, INSERTED, record_parameters
from raas.storage.rows.arrays import array, array_or_null, arrays, pairs, quoted
from raas.usecases.ports.audit.chains import ChainedRecord
from raas.usecases.ports.write_store import DossierKey, WriteSet

# A cluster would send the rows of a WITH query that an INSERT reads to every node: then each must answer.
_WRITE = """
WITH logged AS (
  INSERT INTO mutation (
    register_id, revision, batch_last_revision, previous_revision, kind, niss, requested_niss,
    dossier_type_id, dossier_type_ids, before, after, record_time, actor, call_id, request_id,
    legal_context, ticket, application, on_behalf_of, checksum, detail, content_id)
  SELECT %(register)s, %(revision)s::bigint + m.number, m.batch_last, m.previous, m.kind, m.niss,
         m.requested_niss, m.dossier_type_id, m.dossier_type_ids::int[],
         m.before::datemultirange, m.after::datemultirange, %(record_time)s,
         s.actor, s.call_id, s.request_id, s.legal_context, s.ticket,
         s.application, s.on_behalf_of,
         substring(%(checksums)s::bytea FROM (m.number * 32 - 31)::int FOR 32),
         %(details)s::jsonb -> m.number::text, m.content_id
  FROM unnest(%(batch_last)s::bigint[], %(previous)s::bigint[], %(kind)s::smallint[], %(niss)s::bigint[],
              %(requested_niss)s::bigint[], %(dossier_type)s::int[], %(dossier_types)s::text[],
              %(before)s::text[], %(after)s::text[], %(content_id)s::bigint[], %(stamp)s::int[])
         WITH ORDINALITY AS m (batch_last, previous, kind, niss, requested_niss, dossier_type_id,
                               dossier_type_ids, before, after, content_id, stamp, number)
  JOIN unnest(%(actor)s::bigint[], %(call_id)s::uuid[], %(request_id)s::text[],
              %(legal_context)s::text[], %(ticket)s::text[], %(application)s::text[],
              %(on_behalf_of)s::bigint[])
         WITH ORDINALITY AS s (actor, call_id, request_id, legal_context, ticket, application,
                               on_behalf_of, number) ON s.number = m.stamp),
kept AS (
  INSERT INTO dossier (register_id, niss, dossier_type_id, periods, revision)
  SELECT %(register)s, d.niss, d.dossier_type_id, d.periods::datemultirange, d.revision
  FROM unnest(%(dossier_niss)s::bigint[], %(dossier_type_of)s::int[], %(periods)s::text[],
              %(dossier_revision)s::bigint[]) AS d (niss, dossier_type_id, periods, revision)
  ON CONFLICT (register_id, niss, dossier_type_id)
  DO UPDATE SET periods = excluded.periods, revision = excluded.revision)
UPDATE register_head SET
  revision = %(last_revision)s, record_time = %(record_time)s, types_revision = %(types_revision)s,
  dossier_count = dossier_count + %(dossier_count_change)s, checksum = %(checksum)s,
  audit_length = coalesce(%(audit_length)s::bigint, audit_length),
  audit_hash = coalesce(%(audit_last)s::bytea, audit_hash)
WHERE register_id = %(register)s"""

_WRITE_AUDIT = f"""
INSERT INTO audit_write (register_id, log, {INSERTED})
SELECT %(register)s, %(log)s, {GIVEN} FROM {GIVEN_ROWS}"""

# For a part without mutations, which leaves the rest of the head as it is.
_WRITE_AUDIT_ONLY = f"""
WITH kept AS ({_WRITE_AUDIT})
UPDATE register_head SET audit_length = %(audit_length)s, audit_hash = %(audit_last)s
WHERE register_id = %(register)s"""

# The numbers alone find the few rows by the index; their types are compared afterwards.
_FORGET_SHARES = """
DELETE FROM dossier_share
WHERE register_id = %s AND niss = ANY(%s::bigint[])
  AND (niss, dossier_type_id) IN (SELECT * FROM unnest(%s::bigint[], %s::int[]))"""

_WRITE_SHARES = """
INSERT INTO dossier_share (register_id, niss, dossier_type_id, origin, periods, inseparable)
SELECT %s, s.niss, s.dossier_type_id, s.origin, s.periods::datemultirange, s.inseparable::datemultirange
FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::text[], %s::text[])
     AS s (niss, dossier_type_id, origin, periods, inseparable)"""

_WRITE_REQUESTS = """
INSERT INTO request (register_id, caller, request_id, body_hash, answer)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::bytea[])"""

_WRITE_IMPORTS = """
INSERT INTO import_progress (register_id, caller, import_id, through_offset)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[])
ON CONFLICT (register_id, caller, import_id)
DO UPDATE SET through_offset = excluded.through_offset, time = excluded.time"""

_WRITE_REJECTIONS = """
INSERT INTO import_rejection (register_id, caller, import_id, "offset", violations)
SELECT %s, * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::jsonb[])"""


def statements(
    register_id: int, written: WriteSet, type_ids: Mapping[str, int], log: AuditLog | None = None
) -> Iterable[tuple[str, Any]]:
    """The statements that write it, with their parameters, in order; `type_ids` by code."""
    if written.audit and log is not None:
        statement = _WRITE_AUDIT if written.mutations else _WRITE_AUDIT_ONLY
        yield statement, _audit_parameters(register_id, log, written.audit)
    if written.mutations:
        yield _WRITE, _log_parameters(register_id, written, type_ids)
    if written.shares:
        yield from _share_statements(register_id, written.shares)
    if written.requests:
        answered = written.requests.values()
        yield (
            _WRITE_REQUESTS,
            (
                register_id,
                *pairs(written.requests),
                [a.fingerprint for a in answered],
                [a.answer for a in answered],
            ),
        )
    if written.imports:
        yield _WRITE_IMPORTS, (register_id, *pairs(written.imports), array(written.imports.values()))
    if written.rejections:
        yield (
            _WRITE_REJECTIONS,
            (
                register_id,
                *pairs([key for key, _, _ in written.rejections]),
                array(offset for _, offset, _ in written.rejections),
                [Jsonb(violations_json(violations)) for _, _, violations in written.rejections],
            ),
        )


def _share_statements(register_id: int, shares: Mapping[DossierKey, Shares]) -> Iterable[tuple[str, Any]]:
    nisses, type_ids = array(niss for niss, _ in shares), array(type_id for _, type_id in shares)
    yield _FORGET_SHARES, (register_id, nisses, nisses, type_ids)
    rows = [(key, origin, share) for key, many in shares.items() for origin, share in many.items()]
    if rows:
        columns = (
            array(niss for (niss, _), _, _ in rows),
            array(type_id for (_, type_id), _, _ in rows),
            array(origin for _, origin, _ in rows),
            quoted([lines_text(share.lines) for _, _, share in rows]),
            quoted([lines_text(share.inseparable) for _, _, share in rows]),
        )
        yield _WRITE_SHARES, (register_id, *columns)


def _audit_parameters(register_id: int, log: AuditLog, records: Sequence[ChainedRecord]) -> dict[str, Any]:
    return {
        "register": register_id,
        "log": log.number,
        "audit_length": records[-1].index,
        "audit_last": records[-1].hash,
        **record_parameters(records),
    }


def _log_parameters(register_id: int, written: WriteSet, type_ids: Mapping[str, int]) -> dict[str, Any]:
    mutations = written.mutations
    stamp_number: dict[int, int] = {}
    stamps = []
    for m in mutations:
        if id(m.stamp) not in stamp_number:
            stamps.append(m.stamp)
            stamp_number[id(m.stamp)] = len(stamps)
    dossiers = written.dossiers
    return {
        "register": register_id,
        "revision": mutations[0].revision - 1,
        "last_revision": mutations[-1].revision,
        "record_time": written.record_time,
        "types_revision": written.types_revision,
        "dossier_count_change": written.dossier_count_change,
        "checksum": written.checksum,
        "audit_length": written.audit[-1].index if written.audit else None,
        "audit_last": written.audit[-1].hash if written.audit else None,
        "actor": array(s.actor for s in stamps),
        "call_id": [s.call_id for s in stamps],
        "request_id": [s.request_id for s in stamps],
        "legal_context": [s.legal_context for s in stamps],
        "ticket": [s.ticket for s in stamps],
        "application": [s.application for s in stamps],
        "on_behalf_of": array_or_null([s.on_behalf_of for s in stamps]),
        "batch_last": array([m.batch_last_revision for m in mutations]),
        "previous": array([m.previous_revision for m in mutations]),
        "kind": array([int(m.kind) for m in mutations]),
        "niss": array_or_null([m.niss for m in mutations]),
        "requested_niss": array_or_null([m.requested_niss for m in mutations]),
        "dossier_type": array_or_null([m.dossier_type_id for m in mutations]),
        "dossier_types": arrays([[type_ids[code] for code in m.dossier_types] for m in mutations]),
        "before": quoted([m.before for m in mutations]),
        "after": quoted([m.after for m in mutations]),
        "content_id": array_or_null([m.content_id for m in mutations]),
        "stamp": array([stamp_number[id(m.stamp)] for m in mutations]),
        "checksums": b"".join([m.checksum for m in mutations]),
        "details": Jsonb({str(i): m.detail for i, m in enumerate(mutations, 1) if m.detail}),
        "dossier_niss": array([key[0] for key in dossiers]),
        "dossier_type_of": array([key[1] for key in dossiers]),
        "periods": quoted([text for text, _ in dossiers.values()]),
        "dossier_revision": array([revision for _, revision in dossiers.values()]),
    }
