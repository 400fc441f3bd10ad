"""The store as the write lane sees it: lock and load in one pipeline, write and commit in another.

These are the hot statements, so they go to psycopg directly, with whole columns as arrays: a statement
costs the same for one row as for a thousand. Arrays of numbers travel as their text (`{1,2,3}`), which
is several times faster to build than a list adapted element by element.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.enterprise_number import EnterpriseNumber
from raas.domain.errors import Reason, Violation
from raas.storage.dossier_type_rows import read_dossier_types, write_dossier_types
from raas.storage.faults import translated_errors
from raas.storage.period_text import lines_of
from raas.usecases.ports import (
    AnsweredRequest,
    CommitUnknown,
    DossierState,
    DossierTypes,
    ImportKey,
    Loaded,
    StoreFault,
    StoreUnavailable,
    Wanted,
    Written,
)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]

PERSONS_LOCK = 0x5261_6153
"""Advisory lock: shared by every write, exclusive for what changes the status of persons."""

_LOCK_PERSONS = f"SELECT pg_advisory_xact_lock_shared({PERSONS_LOCK})"

# The clock is read outside the CTE: after the lock was granted, so that the instants of recording
# follow the order of the revisions. Loading stays a statement of its own for the same reason: its
# snapshot must begin after the lock is granted.
_LOCK_REGISTER = """
WITH locked AS MATERIALIZED (
  SELECT enterprise_number, revision, checksum, types_revision, record_time
  FROM register WHERE id = %s FOR NO KEY UPDATE)
SELECT enterprise_number, revision, checksum, types_revision,
       greatest(record_time, clock_timestamp()), pg_current_xact_id()::text
FROM locked"""

_READ_REGISTER = """
SELECT enterprise_number, revision, checksum, types_revision, greatest(record_time, clock_timestamp()), ''
FROM register WHERE id = %s"""

_LOAD_DOSSIERS = """
SELECT d.niss, d.dossier_type_id, d.periods::text, d.revision
FROM unnest(%s::bigint[], %s::int[]) AS wanted (niss, dossier_type_id)
JOIN dossier d ON d.register_id = %s
 AND d.niss = wanted.niss AND d.dossier_type_id = wanted.dossier_type_id"""

_LOAD_REQUESTS = """
SELECT r.actor, r.request_id, r.body_hash, r.answer
FROM unnest(%s::bigint[], %s::text[]) AS wanted (actor, request_id)
JOIN request r ON r.register_id = %s AND r.actor = wanted.actor AND r.request_id = wanted.request_id"""

_LOAD_IMPORTS = """
SELECT i.actor, i.import_id, i.through_offset
FROM unnest(%s::bigint[], %s::text[]) AS wanted (actor, import_id)
JOIN import_progress i ON i.register_id = %s AND i.actor = wanted.actor AND i.import_id = wanted.import_id"""

_WRITE = """
WITH stamp AS (
  SELECT * FROM unnest(%(actor)s::bigint[], %(call_id)s::uuid[], %(request_id)s::text[],
                       %(legal_context)s::text[], %(ticket)s::text[])
           WITH ORDINALITY AS s (actor, call_id, request_id, legal_context, ticket, number)),
logged AS (
  INSERT INTO mutation (
    register_id, revision, batch_last_revision, previous_revision, kind, niss, requested_niss,
    dossier_type_id, dossier_type_ids, before, after, record_time, actor, call_id, request_id, legal_context, ticket,
    checksum, detail)
  SELECT %(register)s, %(revision)s::bigint + m.number, m.batch_last, m.previous, m.kind, m.niss, m.requested_niss,
         m.dossier_type_id, m.dossier_type_ids::int[], m.before::datemultirange, m.after::datemultirange,
         %(record_time)s,
         s.actor, s.call_id, s.request_id, s.legal_context, s.ticket,
         substring(%(checksums)s::bytea FROM (m.number * 32 - 31)::int FOR 32),
         %(details)s::jsonb -> m.number::text
  FROM unnest(%(batch_last)s::bigint[], %(previous)s::bigint[], %(kind)s::smallint[], %(niss)s::bigint[],
              %(requested_niss)s::bigint[], %(dossier_type)s::int[], %(dossier_types)s::text[], %(before)s::text[], %(after)s::text[],
              %(stamp)s::int[])
         WITH ORDINALITY AS m (batch_last, previous, kind, niss, requested_niss, dossier_type_id,
                               dossier_type_ids, before, after, stamp, number)
  JOIN stamp s ON s.number = m.stamp),
kept AS (
  INSERT INTO dossier (register_id, niss, dossier_type_id, periods, revision)
  SELECT %(register)s, d.niss, d.dossier_type_id, d.periods::datemultirange, d.revision
  FROM unnest(%(dossier_niss)s::bigint[], %(dossier_type_of)s::int[], %(periods)s::text[],
              %(dossier_revision)s::bigint[]) AS d (niss, dossier_type_id, periods, revision)
  ON CONFLICT (register_id, niss, dossier_type_id)
  DO UPDATE SET periods = excluded.periods, revision = excluded.revision)
UPDATE register SET
  revision = %(last_revision)s, record_time = %(record_time)s, types_revision = %(types_revision)s,
  dossier_count = dossier_count + %(dossier_count_change)s, checksum = %(checksum)s
WHERE id = %(register)s"""

_WRITE_REQUESTS = """
INSERT INTO request (register_id, actor, request_id, body_hash, answer)
SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::bytea[])"""

_WRITE_IMPORTS = """
INSERT INTO import_progress (register_id, actor, import_id, through_offset)
SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
ON CONFLICT (register_id, actor, import_id)
DO UPDATE SET through_offset = excluded.through_offset, time = clock_timestamp()"""

_WRITE_REJECTIONS = """
INSERT INTO import_rejection (register_id, actor, import_id, "offset", violations)
SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::jsonb[])"""

_READ_REJECTIONS = """
SELECT "offset", violations FROM import_rejection
WHERE register_id = %s AND actor = %s AND import_id = %s AND "offset" >= %s AND "offset" < %s
ORDER BY "offset" """


class PostgresWriteStore:
    """The WriteStore of ports.py on PostgreSQL."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def write(self, register_id: int, wanted: Wanted) -> AsyncIterator[_Transaction]:
        """Lock the register, then load; leaving without commit rolls back."""
        async with self._connection() as connection:
            with translated_errors():
                loaded, transaction_id = await _load(connection, register_id, wanted, lock=True)
            transaction = _Transaction(self, connection, register_id, loaded, transaction_id)
            try:
                yield transaction
            finally:
                if not connection.closed and not transaction.ended:
                    with translated_errors():
                        await connection.rollback()

    async def snapshot(self, register_id: int, wanted: Wanted) -> Loaded:
        """The same knowledge without a lock."""
        async with self._connection() as connection:
            with translated_errors():
                await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                loaded, _ = await _load(connection, register_id, wanted, lock=False)
                await connection.rollback()
                return loaded

    async def dossier_types(self, register_id: int) -> DossierTypes:
        """All dossier types of the register as committed now."""
        async with self._connection() as connection:
            with translated_errors():
                types = await read_dossier_types(connection, register_id)
                await connection.rollback()
                return types

    async def rejections(
        self, register_id: int, key: ImportKey, first: int, end: int
    ) -> Sequence[tuple[int, Sequence[Violation]]]:
        """The rows of an import with first <= offset < end that were skipped."""
        async with self._connection() as connection:
            with translated_errors():
                cursor = await connection.execute(_READ_REJECTIONS, (register_id, *key, first, end))
                rows = await cursor.fetchall()
                await connection.rollback()
                return [(offset, [_violation(v) for v in violations]) for offset, violations in rows]

    async def committed(self, transaction_id: str) -> bool | None:
        """Whether a transaction whose connection was lost at COMMIT was committed; None = cannot be told."""
        for pause in (0.05, 0.2, 0.5, 1.0, 2.0, None):
            try:
                async with self._connection() as connection:
                    cursor = await connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction_id,))
                    (status,) = cast(tuple[str | None], await cursor.fetchone())
                    await connection.rollback()
                if status != "in progress":
                    return None if status is None else status == "committed"
            except (psycopg.Error, StoreUnavailable):
                pass
            if pause is not None:
                await asyncio.sleep(pause)
        return None

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        """A psycopg connection from the pool."""
        with translated_errors():
            pooled = await self._engine.connect()
        try:
            raw = await pooled.get_raw_connection()
            yield cast(Connection, raw.driver_connection)
        finally:
            await asyncio.shield(pooled.close())


class _Transaction:
    """A transaction that holds the register row."""

    def __init__(
        self,
        store: PostgresWriteStore,
        connection: Connection,
        register_id: int,
        loaded: Loaded,
        transaction_id: str,
    ) -> None:
        self.loaded = loaded
        self.ended = False
        self._store = store
        self._connection = connection
        self._register_id = register_id
        self._transaction_id = transaction_id

    async def commit(self, written: Written) -> None:
        """Write all of it and commit, or nothing."""
        self.ended = True
        connection = self._connection
        try:
            type_ids = await write_dossier_types(connection, self._register_id, written.types)
            async with connection.pipeline():
                for statement, parameters in _statements(self._register_id, self.loaded, written, type_ids):
                    await connection.execute(statement, parameters)
                await connection.commit()
        except psycopg.Error as error:
            await self._resolve(error)

    async def _resolve(self, error: psycopg.Error) -> None:
        """What became of a COMMIT that ended in an error."""
        if not self._connection.closed and not self._connection.broken:
            await self._connection.rollback()
            raise StoreFault(f"the store refused a statement: {error.sqlstate}") from None
        # The connection was lost: the server alone knows whether the COMMIT had arrived.
        outcome = await self._store.committed(self._transaction_id)
        if outcome is None:
            raise CommitUnknown("the connection was lost at COMMIT and the outcome is not known")
        if not outcome:
            raise StoreUnavailable("the connection was lost before COMMIT")


async def _load(
    connection: Connection, register_id: int, wanted: Wanted, *, lock: bool
) -> tuple[Loaded, str]:
    requests = imports = None
    async with connection.pipeline():
        if lock:
            await connection.execute(_LOCK_PERSONS)
        register = await connection.execute(_LOCK_REGISTER if lock else _READ_REGISTER, (register_id,))
        keys = tuple(wanted.dossiers)
        dossiers = await connection.execute(
            _LOAD_DOSSIERS, (_array(k[0] for k in keys), _array(k[1] for k in keys), register_id)
        )
        if wanted.requests:
            requests = await connection.execute(_LOAD_REQUESTS, (*_pairs(wanted.requests), register_id))
        if wanted.imports:
            imports = await connection.execute(_LOAD_IMPORTS, (*_pairs(wanted.imports), register_id))
    row = await register.fetchone()
    if row is None:
        raise LookupError("the register row is gone")
    number, revision, checksum, types_revision, record_time, transaction_id = row
    states = {
        (niss, type_id): DossierState(lines_of(text), last)
        for niss, type_id, text, last in await dossiers.fetchall()
    }
    answered = {
        (actor, request_id): AnsweredRequest(body_hash, answer)
        for actor, request_id, body_hash, answer in (await requests.fetchall() if requests else ())
    }
    offsets = {
        (actor, import_id): offset
        for actor, import_id, offset in (await imports.fetchall() if imports else ())
    }
    loaded = Loaded(
        EnterpriseNumber(number), revision, checksum, types_revision, record_time, states, answered, offsets
    )
    return loaded, transaction_id


def _statements(
    register_id: int, loaded: Loaded, written: Written, type_ids: Mapping[str, int]
) -> Iterable[tuple[str, Any]]:
    if written.mutations:
        yield _WRITE, _log_parameters(register_id, loaded, written, type_ids)
    if written.requests:
        answered = written.requests.values()
        yield (
            _WRITE_REQUESTS,
            (
                register_id,
                *_pairs(written.requests),
                [a.body_hash for a in answered],
                [a.answer for a in answered],
            ),
        )
    if written.imports:
        yield _WRITE_IMPORTS, (register_id, *_pairs(written.imports), _array(written.imports.values()))
    if written.rejections:
        yield (
            _WRITE_REJECTIONS,
            (
                register_id,
                *_pairs([key for key, _, _ in written.rejections]),
                _array(offset for _, offset, _ in written.rejections),
                [Jsonb([_violation_json(v) for v in violations]) for _, _, violations in written.rejections],
            ),
        )


def _log_parameters(
    register_id: int, loaded: Loaded, written: Written, type_ids: Mapping[str, int]
) -> dict[str, Any]:
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
        "revision": loaded.revision,
        "last_revision": loaded.revision + len(mutations),
        "record_time": loaded.record_time,
        "types_revision": written.types_revision,
        "dossier_count_change": written.dossier_count_change,
        "checksum": written.checksum,
        "actor": _array(s.actor for s in stamps),
        "call_id": _array(s.call_id for s in stamps),
        "request_id": [s.request_id for s in stamps],
        "legal_context": [s.legal_context for s in stamps],
        "ticket": [s.ticket for s in stamps],
        "batch_last": _array([m.batch_last_revision for m in mutations]),
        "previous": _array([m.previous_revision for m in mutations]),
        "kind": _array([m.kind.value for m in mutations]),
        "niss": _array_or_null([m.niss for m in mutations]),
        "requested_niss": _array_or_null([m.requested_niss for m in mutations]),
        "dossier_type": _array_or_null([m.dossier_type_id for m in mutations]),
        "dossier_types": _arrays([[type_ids[code] for code in m.dossier_types] for m in mutations]),
        "before": _quoted([m.before for m in mutations]),
        "after": _quoted([m.after for m in mutations]),
        "stamp": _array([stamp_number[id(m.stamp)] for m in mutations]),
        "checksums": b"".join([m.checksum for m in mutations]),
        "details": Jsonb({str(i): m.detail for i, m in enumerate(mutations, 1) if m.detail}),
        "dossier_niss": _array([key[0] for key in dossiers]),
        "dossier_type_of": _array([key[1] for key in dossiers]),
        "periods": _quoted([text for text, _ in dossiers.values()]),
        "dossier_revision": _array([revision for _, revision in dossiers.values()]),
    }


def _array(values: Iterable[object]) -> str:
    """An array literal of values whose text needs no quotes."""
    return "{" + ",".join(map(str, values)) + "}"


def _array_or_null(values: Iterable[object]) -> str:
    return "{" + ",".join(["NULL" if v is None else str(v) for v in values]) + "}"


def _arrays(many: Iterable[Sequence[int]]) -> str:
    """An array literal of the texts of arrays; an empty one becomes NULL."""
    return "{" + ",".join([f'"{_array(values)}"' if values else "NULL" for values in many]) + "}"


def _quoted(texts: Sequence[str]) -> str:
    """An array literal of texts of lines: they hold commas and braces, never quotes."""
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def _pairs(keys: Iterable[tuple[EnterpriseNumber, str]]) -> tuple[str, list[str]]:
    """The columns (actor, id) of request and import keys; the ids are the callers' own texts."""
    actors, ids = [], []
    for actor, id_ in keys:
        actors.append(actor)
        ids.append(id_)
    return _array(actors), ids


def _violation_json(violation: Violation) -> dict[str, Any]:
    return {
        "field": violation.field,
        "reason": violation.reason.name,
        "sentence": violation.sentence,
        "values": dict(violation.values),
    }


def _violation(json: Mapping[str, Any]) -> Violation:
    return Violation(json["field"], Reason[json["reason"]], json["sentence"], json["values"])
