"""Bringing a database to the schema of this version.

Migrations run in one transaction: a database is as it was before, or as it should be. Two processes
that migrate at once take turns, and the second one finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.errors import translated_errors

# The number is "raas" in ASCII and a 1, so that nobody else is likely to lock it.
_LOCK = text("SELECT pg_advisory_xact_lock(491260048129)")


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The migration a database is at (None = no schema yet) and the one this version of RaaS needs."""

    current: str | None
    needed: str


async def upgrade(engine: AsyncEngine) -> SchemaVersion:
    """Apply what is missing, all of it or nothing; answers the version that was found before.

    Raises StoreUnavailable, StoreFault.
    """
    with translated_errors():
        async with engine.begin() as connection:
            await connection.execute(_LOCK)
            before = await connection.run_sync(_version)
            if before.current != before.needed:
                await connection.run_sync(_upgrade)
            return before


async def schema_version(engine: AsyncEngine) -> SchemaVersion:
    """The version of the schema, found and needed. Raises StoreUnavailable, StoreFault."""
    with translated_errors():
        async with engine.connect() as connection:
            return await connection.run_sync(_version)


async def database_is_current(engine: AsyncEngine) -> bool:
    """Whether the schema is that of this version of RaaS. Raises StoreUnavailable, StoreFault."""
    version = await schema_version(engine)
    return version.current == version.needed


def _configuration() -> Config:
    configuration = Config()
    # "%" begins a placeholder in Alembic's configuration.
    location = str(Path(__file__).parent / "migrations").replace("%", "%%")
    configuration.set_main_option("script_location", location)
    return configuration


def _version(connection: Connection) -> SchemaVersion:
    needed = ScriptDirectory.from_config(_configuration()).get_current_head()
    assert needed is not None, "there is at least one migration"
    return SchemaVersion(MigrationContext.configure(connection).get_current_revision(), needed)


def _upgrade(connection: Connection) -> None:
    configuration = _configuration()
    configuration.attributes["connection"] = connection
    command.upgrade(configuration, "head")
