"""Reads the logs of any number of registers in one round trip, each from one snapshot."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.connection.query import Row, fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.contents import content_column
from raas.storage.rows.register_numbers import RegisterNumbers
from raas.usecases.feed.columns import LogEntries
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPage, LogPoint, ReadLimits

_LAST_REVISION = 2**63 - 1

_HEAD = "h.register_id, h.log_id, h.oldest_revision, h.revision, h.record_time, h.checksum"
_HEAD_COLUMNS = 6

_HEADS = f"SELECT {_HEAD} FROM register_head h WHERE h.register_id = ANY(%(registers)s::bigint[])"

# The second condition is for a cluster, which asks only the nodes of the registers that every part names.
_OF_REGISTER = "m.register_id = h.register_id AND m.register_id = ANY(%(registers)s::bigint[])"

# One row for a register, with the columns of its entries as arrays: the driver needs a fifth of the time that
# one row per entry takes. One statement sees one state of head and entries. The edge is the end of the
# indivisible group at the read limit, or the end of the log.
_PAGES = f"""
SELECT {_HEAD}, edge.revision, edge.record_time, edge.checksum, page.*
FROM unnest(%(registers)s::bigint[], %(after)s::bigint[]) AS key (register_id, after)
JOIN register_head h ON h.register_id = key.register_id
LEFT JOIN LATERAL (
  SELECT m.batch_last_revision FROM mutation m
  WHERE {_OF_REGISTER} AND m.revision = key.after + %(revisions)s::bigint OFFSET 0) reached ON true
LEFT JOIN LATERAL (
  SELECT m.revision, m.record_time, m.checksum FROM mutation m
  WHERE {_OF_REGISTER} AND m.revision = reached.batch_last_revision OFFSET 0) edge ON true
CROSS JOIN LATERAL (
  SELECT array_agg(entry.revision), array_agg(entry.batch_last_revision), array_agg(entry.kind),
         array_agg(entry.niss), array_agg(entry.code), array_agg(entry.before), array_agg(entry.after),
         array_agg(entry.record_time), array_agg(entry.actor), array_agg(entry.call_id),
         array_agg(entry.request_id), array_agg(entry.legal_context), array_agg(entry.ticket),
         array_agg(entry.application), array_agg(entry.on_behalf_of), array_agg(entry.checksum),
         jsonb_object_agg(entry.revision, entry.unusual) FILTER (WHERE entry.unusual IS NOT NULL)
  FROM (
    SELECT m.revision, m.batch_last_revision, m.kind, m.niss, t.code, m.before::text, m.after::text,
           m.record_time, m.actor, m.call_id::text, m.request_id, m.legal_context, m.ticket, m.application,
           m.on_behalf_of, m.checksum,
           CASE WHEN coalesce(m.requested_niss, m.content_id) IS NOT NULL
                  OR m.dossier_type_ids IS NOT NULL OR m.detail IS NOT NULL
           THEN jsonb_build_object(
             'requested_niss', m.requested_niss,
             'dossier_types', CASE WHEN m.dossier_type_ids IS NOT NULL THEN ARRAY(
                SELECT named.code FROM unnest(m.dossier_type_ids) WITH ORDINALITY AS concerned (id, place)
                JOIN dossier_type named ON named.id = concerned.id
                ORDER BY concerned.place) END,
             'detail', m.detail,
             'content_body', {content_column("body")},
             'content_erased_time', {content_column("erased_time")}) END AS unusual
    FROM mutation m LEFT JOIN dossier_type t ON t.id = m.dossier_type_id
    WHERE {_OF_REGISTER} AND m.revision > key.after
      AND m.revision <= coalesce(reached.batch_last_revision, {_LAST_REVISION}){{conditions}}
    ORDER BY m.revision LIMIT %(entries)s) AS entry) AS page
WHERE h.register_id = ANY(%(registers)s::bigint[])"""

_UNUSUAL = "requested_niss", "dossier_types", "detail", "content_body", "content_erased_time"

_OF_TYPES = """
    AND (m.dossier_type_id = ANY(%(types)s::int[]) OR m.dossier_type_ids && %(types)s::int[])"""
_CODED = """ARRAY(
      SELECT id FROM dossier_type WHERE register_id = h.register_id AND code = ANY(%(codes)s::text[]))"""
_OF_CODES = f"""
    AND (m.dossier_type_id = ANY({_CODED}) OR m.dossier_type_ids && {_CODED})"""
_OF_KINDS = """
    AND m.kind = ANY(%(kinds)s::smallint[])"""
_OF_NISSES = """
    AND m.niss = ANY(%(nisses)s::bigint[])"""

# The checksum before the first mutation is that of raas.domain.registers.register.first_checksum.
_POINT = """
SELECT h.oldest_revision,
       CASE WHEN %(revision)s = 0 THEN r.create_time ELSE coalesce(m.record_time, h.record_time) END,
       CASE WHEN %(revision)s = 0 THEN sha256(lpad(r.enterprise_number::text, 10, '0')::bytea)
            ELSE coalesce(m.checksum, h.checksum) END
FROM register_head h JOIN register r ON r.id = %(register)s
LEFT JOIN mutation m
  ON m.register_id = %(register)s AND m.revision = %(revision)s AND h.revision <> %(revision)s
WHERE h.register_id = %(register)s"""

_TYPE_IDS = """
SELECT code, id FROM dossier_type WHERE register_id = %(register)s AND code = ANY(%(codes)s::text[])"""


class PostgresLogs:
    """The LogStore on PostgreSQL; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._numbers = RegisterNumbers(engine)

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        """The heads of the logs of these registers, as committed now."""
        rows = await fetch(self._engine, _HEADS, {"registers": array(register_ids)})
        numbers = await self._numbers.of([row[0] for row in rows])
        return {row[0]: _head(numbers[row[0]], row) for row in rows}

    async def read(
        self, after: Mapping[int, int], which: LogFilter, limits: ReadLimits
    ) -> Mapping[int, LogPage]:
        """The page after each of these revisions (by register id); the limits apply to each log."""
        parameters = {
            "registers": array(after),
            "after": array(after.values()),
            "revisions": limits.revisions,
            "entries": limits.entries,
            "types": array(which.type_ids),
            "codes": list(which.dossier_types),
            "kinds": array(which.kinds),
            "nisses": array(which.nisses),
        }
        types = _OF_TYPES if which.type_ids else _OF_CODES if which.dossier_types else ""
        statement = _pages_statement(types, bool(which.kinds), bool(which.nisses))
        rows = await fetch(self._engine, statement, parameters, binary=True)
        numbers = await self._numbers.of([row[0] for row in rows])
        return {row[0]: _page(numbers[row[0]], row, limits) for row in rows}

    async def point(self, register_id: int, revision: int) -> LogPoint:
        """The log at a revision from oldest_revision on. Raises Refused REVISION_EXPIRED."""
        rows = await fetch(self._engine, _POINT, {"register": register_id, "revision": revision})
        oldest, record_time, checksum = rows[0]
        if revision < oldest:
            raise refuse(Reason.REVISION_EXPIRED, oldest_revision=str(oldest))
        return LogPoint(revision, record_time, checksum)

    async def type_ids(self, register_id: int, codes: Collection[str]) -> Mapping[str, int]:
        """The ids of the dossier types with these codes."""
        rows = await fetch(self._engine, _TYPE_IDS, {"register": register_id, "codes": list(codes)})
        return dict(cast(list[tuple[str, int]], rows))


@lru_cache(maxsize=12)
def _pages_statement(of_types: str, of_kinds: bool, of_nisses: bool) -> str:
    conditions = (
        of_types,
        _OF_KINDS if of_kinds else "",
        _OF_NISSES if of_nisses else "",
    )
    return _PAGES.format(conditions="".join(conditions))


def _entries(revisions: Sequence[int] | None, *columns: Any) -> Sequence[LogEntry]:
    """The entries in the columns of _PAGES; `revisions` is None when there are none."""
    if revisions is None:
        return ()
    group_ends, kinds, nisses, codes, before, after, *stamps, checksums, unusual = columns
    requested, types, details, contents, erased = _unusual(revisions, unusual)
    usual = revisions, group_ends, kinds, nisses, requested, codes, types, before, after, *stamps, checksums
    return LogEntries(LogEntry._make((*usual, details, contents, erased)))


def _unusual(revisions: Sequence[int], by_revision: Mapping[str, Any] | None) -> Sequence[Sequence[Any]]:
    """The columns that are empty for most entries, from the values of the other entries."""
    columns: list[list[Any]] = [[None] * len(revisions) for _ in _UNUSUAL]
    for revision, values in (by_revision or {}).items():
        place = bisect_left(revisions, int(revision))
        for column, name in zip(columns, _UNUSUAL, strict=True):
            column[place] = values[name]
        if columns[-1][place] is not None:
            columns[-1][place] = datetime.fromisoformat(columns[-1][place])
    return columns


def _head(number: EnterpriseNumber, row: Row) -> LogHead:
    _, log_id, oldest, revision, record_time, checksum = row[:_HEAD_COLUMNS]
    return LogHead(number, log_id, oldest, LogPoint(revision, record_time, bytes(checksum)))


def _page(number: EnterpriseNumber, row: Row, limits: ReadLimits) -> LogPage:
    head = _head(number, row)
    revision, record_time, checksum, *columns = row[_HEAD_COLUMNS:]
    edge = head.latest if revision is None else LogPoint(revision, record_time, bytes(checksum))
    entries = _entries(*columns)
    return LogPage(head, edge, entries, len(entries) >= limits.entries)
