"""The AuditSearch on PostgreSQL: each kind of record is found by an index of its own, and merged by time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import process_chain, register_chain
from raas.storage.audit.rows import record_of, selected
from raas.storage.connection.query import Row, fetch
from raas.storage.rows.arrays import array
from raas.storage.rows.register_numbers import RegisterNumbers
from raas.usecases.ports.audit.search import AuditFilter, AuditPlace, FoundRecord

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Ordered by an expression: an index on the time would be read for long to find few numbers.
_BY_TIME, _BY_NUMBERS = "c.time", "c.time + interval '0'"

_CALLS = f"""
SELECT c.chain, c.log, c.chain_index, c.hash, {selected("c")}
FROM audit_call c WHERE true {{conditions}}
ORDER BY {{time}}, c.chain, c.log, c.chain_index LIMIT %(limit)s"""

_BULK = f"""
SELECT c.chain, c.log, c.chain_index, c.hash, {selected("c")}
FROM (
  SELECT DISTINCT b.chain, b.log, b.chain_index, b.time
  FROM unnest(%(extent_registers)s::bigint[], %(extent_states)s::int[], %(extent_firsts)s::bigint[],
              %(extent_lasts)s::bigint[]) AS e (register, states, first, last)
  CROSS JOIN LATERAL (
    SELECT chain, log, chain_index, time FROM audit_call c
    WHERE c.bulk IS NOT NULL AND audit_extent(c.register, c.bulk, c.revision) && box(
      point((e.register * 2 + e.states)::float8, e.first::float8),
      point((e.register * 2 + e.states)::float8, e.last::float8)) {{conditions}} OFFSET 0) b
  ORDER BY b.time, b.chain, b.log, b.chain_index LIMIT %(limit)s) f
JOIN audit_call c USING (chain, log, chain_index, time)
ORDER BY c.time, c.chain, c.log, c.chain_index"""

_WRITES = f"""
SELECT c.register_id, c.log, c.chain_index, c.hash, {selected("c")}
FROM audit_write c WHERE true {{conditions}}
ORDER BY {{time}}, c.register_id, c.log, c.chain_index LIMIT %(limit)s"""

_REGISTER_ID = "SELECT id FROM register WHERE enterprise_number = %(number)s"

_CONFIDENTIAL = """
SELECT DISTINCT organisation, legal_context FROM legal_context WHERE confidential_until >= %(day)s"""

_NEWEST = """
SELECT note FROM audit_checkpoint
WHERE log = (SELECT max(log) FROM audit_log) AND time <= coalesce(%(until)s::timestamptz, 'infinity')
ORDER BY time DESC, number DESC LIMIT 1"""

_NUMBERS = "AND (c.touched || c.shown) && %(nisses)s::bigint[]"
# Texts, so that no subquery is needed, which a cluster could not spread over its nodes.
_NOT_HIDDEN = """AND coalesce(c.caller::text || ' ' || c.legal_context <> ALL(%(hidden)s::text[]), true)
AND coalesce(c.on_behalf_of::text || ' ' || c.legal_context <> ALL(%(hidden)s::text[]), true)"""


class PostgresAuditSearch:
    """Finds the records of all logs; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._numbers = RegisterNumbers(engine)

    async def records(
        self, which: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[FoundRecord]:
        """The records that match, after a place."""
        parameters, conditions = await self._conditions(which)
        parameters["limit"] = limit
        found = [await self._calls(which, after, parameters, conditions)]
        if which.extents:
            found.append(await self._bulk(which, after, parameters, conditions))
        found.append(await self._writes(which, after, parameters, conditions))
        merged: dict[AuditPlace, FoundRecord] = {}
        for each in merge(*found, key=lambda record: record.place):
            merged.setdefault(each.place, each)
            if len(merged) == limit:
                break
        return list(merged.values())

    async def checkpoint(self, until: int | None) -> bytes | None:
        """The newest checkpoint of the open log at or before an instant."""
        rows = await fetch(self._engine, _NEWEST, {"until": None if until is None else _instant(until)})
        return bytes(rows[0][0]) if rows else None

    async def _conditions(self, which: AuditFilter) -> tuple[dict[str, Any], str]:
        """The conditions that are the same for all tables, and their parameters."""
        parameters: dict[str, Any] = {}
        conditions = []
        if which.caller is not None:
            conditions.append("AND c.caller = %(caller)s")
            parameters["caller"] = which.caller
        if which.from_time is not None:
            conditions.append("AND c.time >= %(from_time)s")
            parameters["from_time"] = _instant(which.from_time)
        if which.until_time is not None:
            conditions.append("AND c.time < %(until_time)s")
            parameters["until_time"] = _instant(which.until_time)
        if which.rpcs:
            conditions.append("AND c.rpc = ANY(%(rpcs)s::text[])")
            parameters["rpcs"] = list(which.rpcs)
        if which.outcomes:
            conditions.append("AND c.outcome = ANY(%(outcomes)s::text[])")
            parameters["outcomes"] = list(which.outcomes)
        if which.hidden_on is not None:
            day = date.fromordinal(which.hidden_on)
            hidden = await fetch(self._engine, _CONFIDENTIAL, {"day": day})
            if hidden:
                conditions.append(_NOT_HIDDEN)
                parameters["hidden"] = [f"{organisation} {context}" for organisation, context in hidden]
        return parameters, "\n".join(conditions)

    async def _calls(
        self, which: AuditFilter, after: AuditPlace | None, parameters: Mapping[str, Any], conditions: str
    ) -> list[FoundRecord]:
        given = dict(parameters)
        own = [conditions, _after_calls(after, given)]
        if which.register is not None:
            own.append("AND c.register = %(register)s")
            given["register"] = which.register
        if which.nisses:
            own.append(_NUMBERS)
            given["nisses"] = array(which.nisses)
        statement = _CALLS.format(conditions="\n".join(own), time=_BY_NUMBERS if which.nisses else _BY_TIME)
        return list(map(_call, await fetch(self._engine, statement, given)))

    async def _bulk(
        self, which: AuditFilter, after: AuditPlace | None, parameters: Mapping[str, Any], conditions: str
    ) -> list[FoundRecord]:
        given = dict(parameters)
        given["extent_registers"] = array(each.register for each in which.extents)
        given["extent_states"] = array(int(each.states) for each in which.extents)
        given["extent_firsts"] = array(each.first for each in which.extents)
        given["extent_lasts"] = array(each.last for each in which.extents)
        statement = _BULK.format(conditions=f"{conditions}\n{_after_calls(after, given)}")
        return list(map(_call, await fetch(self._engine, statement, given)))

    async def _writes(
        self, which: AuditFilter, after: AuditPlace | None, parameters: Mapping[str, Any], conditions: str
    ) -> list[FoundRecord]:
        given = dict(parameters)
        own = [conditions, _after_writes(after, given)]
        if which.register is not None:
            ids = await fetch(self._engine, _REGISTER_ID, {"number": which.register})
            if not ids:
                return []
            own.append("AND c.register_id = %(register_id)s")
            given["register_id"] = ids[0][0]
        if which.nisses:
            own.append(_NUMBERS)
            given["nisses"] = array(which.nisses)
        statement = _WRITES.format(conditions="\n".join(own), time=_BY_NUMBERS if which.nisses else _BY_TIME)
        rows = await fetch(self._engine, statement, given)
        numbers = await self._numbers.of({row[0] for row in rows})
        found = []
        for row in rows:
            register_id, log, index, hash_ = row[:4]
            record = record_of(row[4:])
            place = AuditPlace(record.time, True, f"{register_id:020}", log, index)
            found.append(
                FoundRecord(place, register_chain(numbers[register_id]), index, bytes(hash_), record)
            )
        return found


def _call(row: Row) -> FoundRecord:
    chain, log, index, hash_ = row[:4]
    record = record_of(row[4:])
    place = AuditPlace(record.time, False, str(chain), log, index)
    return FoundRecord(place, process_chain(chain), index, bytes(hash_), record)


def _after_calls(after: AuditPlace | None, given: dict[str, Any]) -> str:
    if after is None:
        return ""
    given["after_time"] = _instant(after.time)
    if after.of_register:
        return "AND c.time > %(after_time)s"
    given.update(after_chain=UUID(after.key), after_log=after.log, after_index=after.number)
    return (
        "AND c.time >= %(after_time)s AND (c.time, c.chain, c.log, c.chain_index) "
        "> (%(after_time)s, %(after_chain)s::uuid, %(after_log)s, %(after_index)s)"
    )


def _after_writes(after: AuditPlace | None, given: dict[str, Any]) -> str:
    if after is None:
        return ""
    given["after_time"] = _instant(after.time)
    if not after.of_register:
        return "AND c.time >= %(after_time)s"
    given.update(after_register=int(after.key), after_log=after.log, after_index=after.number)
    return (
        "AND c.time >= %(after_time)s AND (c.time, c.register_id, c.log, c.chain_index) "
        "> (%(after_time)s, %(after_register)s::bigint, %(after_log)s, %(after_index)s)"
    )


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
