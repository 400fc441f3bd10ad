"""The SubscriberStore on PostgreSQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import Row, fetch, write, write_each
from raas.storage.rows.arrays import array
from raas.usecases.ports.log import LogFilter
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey

_COLUMNS = """
  s.register_id, s.caller, s.name, s.log_id, s.dossier_types, s.kinds, s.acknowledged_revision,
  greatest(h.revision - s.acknowledged_revision, 0), s.connected_until > clock_timestamp(),
  s.last_seen_time"""

_EXISTS = "NOT s.deleted"
_ONE = "s.register_id = %(register)s AND s.caller = %(caller)s AND s.name = %(name)s"

_FIND = f"""
SELECT {_COLUMNS} FROM subscriber s JOIN register_head h ON h.register_id = %(register)s
WHERE {_ONE} AND {_EXISTS}"""

# The time for which a report that a subscriber is connected is valid. A sharded PostgreSQL reads the clock
# once for an inserted row, and refuses to compute with it and a column where a row is changed.
_VALID = "interval '60 seconds'"

_ADOPT = """
UPDATE subscriber s SET caller = %(caller)s
WHERE s.register_id = %(register)s AND s.caller = %(earlier)s AND s.name = %(name)s
  AND NOT EXISTS (SELECT FROM subscriber o
                  WHERE o.register_id = %(register)s AND o.caller = %(caller)s AND o.name = %(name)s)
RETURNING 1"""

_ENTER = f"""
INSERT INTO subscriber AS s (register_id, caller, name, log_id, dossier_types, kinds, acknowledged_revision,
                             reading_revision, connected_until)
VALUES (%(register)s, %(caller)s, %(name)s, %(log)s, %(types)s::text[], %(kinds)s::smallint[], %(revision)s,
        %(reading)s, clock_timestamp() + {_VALID})
ON CONFLICT (register_id, caller, name) DO UPDATE SET
  last_seen_time = excluded.last_seen_time, connected_until = excluded.connected_until, deleted = false,
  log_id = excluded.log_id, dossier_types = excluded.dossier_types, kinds = excluded.kinds,
  reading_revision = excluded.reading_revision,
  acknowledged_revision = CASE
    WHEN NOT s.deleted
     AND (s.log_id, s.dossier_types, s.kinds) = (excluded.log_id, excluded.dossier_types, excluded.kinds)
    THEN s.acknowledged_revision ELSE excluded.acknowledged_revision END
RETURNING 1"""

_ACKNOWLEDGE = """
INSERT INTO subscriber AS s (register_id, caller, name, log_id, dossier_types, kinds, acknowledged_revision)
VALUES (%(register)s, %(caller)s, %(name)s, %(log)s, '{}', '{}', %(revision)s)
ON CONFLICT (register_id, caller, name) DO UPDATE SET
  last_seen_time = excluded.last_seen_time, log_id = excluded.log_id, deleted = false,
  dossier_types = CASE WHEN s.deleted AND s.connected_until < excluded.last_seen_time
    THEN '{}' ELSE s.dossier_types END,
  kinds = CASE WHEN s.deleted AND s.connected_until < excluded.last_seen_time THEN '{}' ELSE s.kinds END,
  reading_revision = CASE WHEN s.log_id = excluded.log_id AND NOT s.deleted
    THEN greatest(coalesce(s.reading_revision, s.acknowledged_revision), excluded.acknowledged_revision)
    ELSE excluded.acknowledged_revision END,
  acknowledged_revision = CASE WHEN s.log_id = excluded.log_id AND NOT s.deleted
    THEN greatest(s.acknowledged_revision, excluded.acknowledged_revision)
    ELSE excluded.acknowledged_revision END
RETURNING acknowledged_revision"""

# Rows are locked in the order of the key: concurrent reports do not deadlock.
_SEEN = f"""
WITH held AS MATERIALIZED (
  SELECT s.caller, s.name, validity.until
  FROM unnest(%(callers)s::text[], %(names)s::text[], %(connected)s::boolean[])
         AS reported (caller, name, connected)
  JOIN subscriber s ON s.caller = reported.caller AND s.name = reported.name
  JOIN (VALUES (true, statement_timestamp() + {_VALID}), (false, statement_timestamp()))
    AS validity (connected, until) ON validity.connected = reported.connected
  WHERE s.register_id = %(register)s
  ORDER BY 1, 2 FOR UPDATE OF s)
UPDATE subscriber s SET
  last_seen_time = statement_timestamp(), connected_until = held.until
FROM held
WHERE s.register_id = %(register)s AND s.caller = held.caller AND s.name = held.name
RETURNING 1"""

_PAGE = f"""
SELECT {_COLUMNS} FROM subscriber s JOIN register_head h ON h.register_id = %(register)s
WHERE s.register_id = %(register)s AND {_EXISTS}
  AND (%(caller)s::text IS NULL OR s.caller = %(caller)s)
  AND (s.caller, s.name) > (%(after_caller)s, %(after_name)s)
ORDER BY s.caller, s.name LIMIT %(limit)s"""

# Both parts see the row as it was: one of them takes it.
_DELETE = f"""
WITH connected AS (
  UPDATE subscriber s SET deleted = true WHERE {_ONE} AND s.connected_until > statement_timestamp())
DELETE FROM subscriber s WHERE {_ONE} AND s.connected_until <= statement_timestamp() RETURNING 1"""


class PostgresSubscribers:
    """Stores named subscribers; `engine` must be one in autocommit."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, key: SubscriberKey) -> Subscriber | None:
        """The subscriber as stored now."""
        rows = await fetch(self._engine, _FIND, _one(key))
        return _subscriber(rows[0]) if rows else None

    async def adopt(self, key: SubscriberKey, earlier: str) -> None:
        """Give the subscriber of the caller `earlier` to the caller of `key`, unless that has one."""
        await write(self._engine, _ADOPT, {**_one(key), "earlier": earlier})

    async def enter(
        self, key: SubscriberKey, log_id: UUID, which: LogFilter, revision: int, reading: int | None = None
    ) -> None:
        """Record that a subscriber reads after `reading`.

        A new subscriber, or one with another log or other filters, begins at `revision`; any other keeps the
        revision that it acknowledged.
        """
        parameters = {
            **_one(key),
            "log": log_id,
            "types": list(which.dossier_types),
            "kinds": array(which.kinds),
            "revision": revision,
            "reading": revision if reading is None else reading,
        }
        await write(self._engine, _ENTER, parameters)

    async def acknowledge(self, key: SubscriberKey, log_id: UUID, revision: int) -> int:
        """Move forward to `revision`, never back; returns the acknowledged revision."""
        parameters = {**_one(key), "log": log_id, "revision": revision}
        acknowledged: int = (await write(self._engine, _ACKNOWLEDGE, parameters))[0][0]
        return acknowledged

    async def seen(self, connected: Collection[SubscriberKey], gone: Collection[SubscriberKey]) -> None:
        """Record which subscribers have a stream open in this process, and which closed their last one."""
        of_registers: defaultdict[int, list[tuple[SubscriberKey, bool]]] = defaultdict(list)
        for key in connected:
            of_registers[key.register_id].append((key, True))
        for key in gone:
            of_registers[key.register_id].append((key, False))
        each = [
            {
                "register": register_id,
                "callers": [key.caller for key, _ in of_registers[register_id]],
                "names": [key.name for key, _ in of_registers[register_id]],
                "connected": [is_connected for _, is_connected in of_registers[register_id]],
            }
            for register_id in sorted(of_registers)
        ]
        await write_each(self._engine, _SEEN, each)

    async def page(
        self,
        register_id: int,
        caller: str | None,
        after: tuple[str, str] | None,
        limit: int,
    ) -> Sequence[Subscriber]:
        """Subscribers of a register and a caller (None = all), ordered by (caller, name), after that key."""
        after_caller, after_name = after or ("", "")
        parameters = {
            "register": register_id,
            "caller": caller,
            "after_caller": after_caller,
            "after_name": after_name,
            "limit": limit,
        }
        return [_subscriber(row) for row in await fetch(self._engine, _PAGE, parameters)]

    async def delete(self, key: SubscriberKey) -> None:
        """Delete the subscriber, if it exists."""
        await write(self._engine, _DELETE, _one(key))


def _one(key: SubscriberKey) -> dict[str, object]:
    return {"register": key.register_id, "caller": key.caller, "name": key.name}


def _subscriber(row: Row) -> Subscriber:
    register_id, caller, name, log_id, types, kinds, acknowledged, lag, connected, last_seen = row
    key = SubscriberKey(register_id, caller, name)
    return Subscriber(key, log_id, tuple(types), tuple(kinds), acknowledged, lag, connected, last_seen)
