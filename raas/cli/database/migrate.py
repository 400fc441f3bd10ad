"""`raas migrate`: brings the database to the schema of this version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.connection import Json

if TYPE_CHECKING:
    from raas.storage.schema.version import SchemaVersion


def migrate(
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Bring the database to the schema of this version.

    All of it or nothing. A server does this itself on its embedded PostgreSQL, never on a database of one's
    own. A database that a later version of RaaS has migrated stays as it is, if this version can work on it.

    Exit status: 0 the schema is that of this version, 1 failed, 130 interrupted.
    """
    found: SchemaVersion | None = None

    def work(dsn: str) -> None:
        from raas import maintenance as upkeep

        nonlocal found
        found = upkeep.migrate(dsn)

    ending = work_on_database(database_url, data_dir, work, create=True)
    ending.tell(
        {"found": found.current, "now": found.needed} if found else {},
        _sentence(found) if found else "",
        as_json=as_json,
    )


def _sentence(found: SchemaVersion) -> str:
    if found.is_needed:
        return f"the database was at {found.needed} already"
    if found.is_newer:
        return f"the database stays at {found.current}, which is newer than {found.needed}"
    return f"the database is at {found.needed} now; it was {found.current or 'empty'}"
