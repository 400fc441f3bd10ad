"""The connection limit of a PostgreSQL server, and the detection of poolers in front of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from raas.storage.connection.connect import POOLER
from raas.storage.connection.database import open_database
from raas.storage.connection.errors import translated_errors
from raas.usecases.ports.errors import StoreFault

# `reserved_connections` exists from PostgreSQL 16 on. A database or role without a limit has -1.
_CAPACITY = text("""
SELECT current_setting('max_connections')::int,
       current_setting('superuser_reserved_connections')::int
         + coalesce(current_setting('reserved_connections', true)::int, 0),
       d.datconnlimit, r.rolconnlimit, pg_backend_pid()
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user""")


@dataclass(frozen=True, slots=True)
class Capacity:
    """The number of connections that the role may have to the database, and the setting that limits it."""

    connections: int
    limit: str


async def capacity(dsn: str) -> Capacity:
    """The connections that a database allows.

    Raises StoreFault when the DSN leads to a connection pooler: one that shares sessions among clients drops
    LISTEN and the settings of a session. StoreUnavailable, StoreFault.
    """
    engine = open_database(dsn, size=1, limits=None)
    try:
        with translated_errors():
            async with engine.connect() as connection:
                driver = (await connection.get_raw_connection()).driver_connection
                row = (await connection.execute(_CAPACITY)).one()
                own_pid = driver.info.backend_pid if driver is not None else 0
    finally:
        await engine.dispose()
    most, reserved, of_database, of_role, pid = row
    # A pooler makes up the process id that it states when it accepts a connection.
    if pid != own_pid:
        raise StoreFault(POOLER)
    limits = [Capacity(most - reserved, f"max_connections is {most}, of which {reserved} are reserved")]
    if of_database >= 0:
        limits.append(Capacity(of_database, f"the connection limit of the database is {of_database}"))
    if of_role >= 0:
        limits.append(Capacity(of_role, f"the connection limit of the role is {of_role}"))
    return min(limits, key=lambda limit: limit.connections)
