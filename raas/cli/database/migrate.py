"""`raas migrate`: migrates the database to the schema of this version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json

if TYPE_CHECKING:
    from raas.storage.schema.version import SchemaVersion


def migrate(
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Migrate the database to the schema of this version.

    All steps are one transaction. A server migrates its embedded PostgreSQL itself, but never a database of
    your own. A database that a later version has migrated is left alone if this version can work on it.

    Exit status: 0 the database has the schema of this version, 1 failed, 130 interrupted.
    """
    found: SchemaVersion | None = None

    def work(dsn: str) -> None:
        from raas import maintenance

        nonlocal found
        found = maintenance.migrate(dsn)

    ending = work_on_database(database_url, data_dir, work, create=True)
    ending.tell(
        {"found": found.current, "now": found.needed} if found else {},
        _sentence(found) if found else "",
        as_json=as_json,
    )


def _sentence(found: SchemaVersion) -> str:
    if found.is_needed:
        return f"the database already had schema {found.needed}"
    if found.is_newer:
        return f"the database keeps schema {found.current}, which is newer than {found.needed}"
    return f"the database now has schema {found.needed}; before: {found.current or 'empty'}"
