"""Bring a database to the schema of this version.

Migrations run in one transaction: afterwards a database is as it was before, or as it should be. Two
processes that migrate at the same time take turns, and the second one finds nothing to do.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors
from raas.storage.schema.tables.service import schema_change
from raas.storage.schema.version import SchemaChange, SchemaVersion, compare
from raas.usecases.ports.errors import StoreFault

# The number is "raas" in ASCII and a 1, so that nobody else is likely to lock it.
_LOCK = text("SELECT pg_advisory_xact_lock(491260048129)")

# Another process may migrate for longer than a server waits for a lock.
_WAIT = text("SET LOCAL lock_timeout = 0")

_KEEPS_RECORD = text("SELECT to_regclass('schema_change') IS NOT NULL")


async def upgrade(engine: AsyncEngine) -> SchemaVersion:
    """Apply the migrations that the database lacks, all or none; answers the version found before.

    A database that a later version of RaaS migrated is left as it is when it is usable. Raises StoreFault,
    with a sentence for the operator, when it is not; StoreUnavailable, StoreFault.
    """
    with translated_errors():
        async with engine.begin() as connection:
            await connection.execute(_WAIT)
            await connection.execute(_LOCK)
            before = await connection.run_sync(_version)
            if before.missing:
                await connection.run_sync(_upgrade)
            elif not before.is_usable:
                raise StoreFault(before.refusal)
            return before


async def schema_version(engine: AsyncEngine) -> SchemaVersion:
    """The version of the schema, found and needed. Raises StoreUnavailable, StoreFault."""
    with translated_errors():
        async with engine.connect() as connection:
            return await connection.run_sync(_version)


def known_changes() -> list[SchemaChange]:
    """The migrations that this version brings, in order, as they declare themselves."""
    scripts = ScriptDirectory.from_config(_configuration()).walk_revisions()
    changes = [
        SchemaChange(script.revision, script.module.release, script.module.expansion) for script in scripts
    ]
    return changes[::-1]


def _configuration() -> Config:
    configuration = Config()
    # "%" begins a placeholder in Alembic's configuration.
    location = str(Path(__file__).parent / "migrations").replace("%", "%%")
    configuration.set_main_option("script_location", location)
    return configuration


def _version(connection: Connection) -> SchemaVersion:
    current = MigrationContext.configure(connection).get_current_revision()
    return compare(known_changes(), current, _recorded(connection))


def _recorded(connection: Connection) -> list[SchemaChange]:
    if not connection.execute(_KEEPS_RECORD).scalar_one():
        return []
    columns = schema_change.c
    rows = connection.execute(select(columns.revision, columns.release, columns.expansion))
    return [SchemaChange(*row) for row in rows]


def _upgrade(connection: Connection) -> None:
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
    rows = [
        {"revision": change.revision, "release": change.release, "expansion": change.expansion}
        for change in known_changes()
    ]
    connection.execute(insert(schema_change).on_conflict_do_nothing(), rows)
