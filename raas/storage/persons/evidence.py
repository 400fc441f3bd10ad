"""Evidence of the outcome of a lost COMMIT of persons: see connection/commit.py."""

from __future__ import annotations

from raas.domain.numbers.niss import Niss
from raas.storage.connection.commit import Evidence
from raas.storage.connection.errors import translated_errors
from raas.storage.connection.lease import Connection
from raas.usecases.ports.persons import Progress

# Waits for every transaction that writes persons; changes of persons are rare and short.
_LOCK = "LOCK TABLE person, person_import IN SHARE MODE"

_READ = "SELECT version, update_time FROM person WHERE niss = %s"

# The version and the time of the write identify it. A later version hides it.
_PERSON = """
SELECT CASE WHEN p.niss IS NULL OR p.version < %(version)s THEN false
            WHEN p.version = %(version)s THEN p.update_time = %(time)s END
FROM (SELECT %(niss)s::bigint AS niss) AS asked LEFT JOIN person p USING (niss)"""

_IMPORT = """
SELECT EXISTS (SELECT 1 FROM person_import WHERE caller = %s AND import_id = %s AND through_offset >= %s)"""


async def evidence_of_person(connection: Connection, niss: Niss) -> Evidence:
    """The evidence that a transaction leaves which wrote this person; read before its COMMIT."""
    with translated_errors():
        row = await (await connection.execute(_READ, (niss,))).fetchone()
    version, time = row or (0, None)
    return Evidence(_LOCK, (), _PERSON, {"niss": niss, "version": version, "time": time})


def evidence_of_import(progress: Progress) -> Evidence:
    """The evidence that a transaction leaves which stored the offset of an import."""
    return Evidence(_LOCK, (), _IMPORT, (*progress.key, progress.through))
