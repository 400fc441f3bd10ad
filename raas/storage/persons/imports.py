"""The offsets that imports of persons have reached, and the rows that they skipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from raas.domain.stored_violations import violations_from_json, violations_json
from raas.storage.connection.lease import Connection
from raas.storage.rows.arrays import array
from raas.usecases.ports.persons import Progress, Rejection
from raas.usecases.ports.write_store import ImportKey

# A missing row is inserted so that it can be locked: two streams of one import exclude each other.
_START = """
INSERT INTO person_import (caller, import_id, through_offset) VALUES (%s, %s, 0) ON CONFLICT DO NOTHING"""

_LOCK = "SELECT through_offset FROM person_import WHERE caller = %s AND import_id = %s FOR NO KEY UPDATE"

_ADVANCE = """
UPDATE person_import SET through_offset = %s, time = clock_timestamp() WHERE caller = %s AND import_id = %s"""

_REJECT = """
INSERT INTO person_import_rejection (caller, import_id, "offset", violations)
SELECT %s, %s, * FROM unnest(%s::bigint[], %s::jsonb[])"""

_ADOPT = """
UPDATE person_import p SET caller = %(caller)s WHERE p.caller = %(earlier)s AND p.import_id = %(import_id)s
  AND NOT EXISTS (SELECT FROM person_import o WHERE o.caller = %(caller)s AND o.import_id = %(import_id)s)"""

_ADOPT_REJECTIONS = """
UPDATE person_import_rejection SET caller = %(caller)s
WHERE caller = %(earlier)s AND import_id = %(import_id)s"""

READ_OFFSET = """
SELECT through_offset FROM person_import WHERE caller = %(caller)s AND import_id = %(import_id)s"""

READ_REJECTIONS = """
SELECT "offset", violations FROM person_import_rejection
WHERE caller = %(caller)s AND import_id = %(import_id)s AND "offset" >= %(first)s AND "offset" < %(end)s
ORDER BY "offset" """


async def adopt_import(connection: Connection, key: ImportKey, earlier: str) -> None:
    """Give the import under the caller `earlier` to the caller of `key`, unless that has one."""
    parameters = {"caller": key[0], "import_id": key[1], "earlier": earlier}
    moved = await connection.execute(_ADOPT, parameters)
    if moved.rowcount:
        await connection.execute(_ADOPT_REJECTIONS, parameters)
    await connection.commit()


async def locked_offset(connection: Connection, key: ImportKey) -> int:
    """The stored offset of the import; no other transaction moves it before this one ends."""
    await connection.execute(_START, key)
    row = await (await connection.execute(_LOCK, key)).fetchone()
    assert row is not None
    return int(row[0])


async def advance(connection: Connection, progress: Progress) -> None:
    """Store the offset of the import, which the transaction has locked, and its skipped rows."""
    await connection.execute(_ADVANCE, (progress.through, *progress.key))
    if progress.rejected:
        offsets = array(offset for offset, _ in progress.rejected)
        skipped = [Jsonb(violations_json(violations)) for _, violations in progress.rejected]
        await connection.execute(_REJECT, (*progress.key, offsets, skipped))


def rejections_of(rows: Sequence[tuple[Any, ...]]) -> list[Rejection]:
    """Skipped rows in rows of READ_REJECTIONS."""
    return [(offset, violations_from_json(stored)) for offset, stored in rows]
