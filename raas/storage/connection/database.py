"""The database: how it is reached, and when a connection is of use no more."""

from __future__ import annotations

import select
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from raas.usecases.ports.errors import StoreFault

MINIMUM_SERVER = 150_000
"""PostgreSQL 15, the way the server numbers it."""

_SERVER_SETTINGS = (
    ("datestyle", "ISO"),  # period_text.py reads it
    ("timezone", "UTC"),  # instants are UTC inside
    # Statements are small and many: compiling one takes longer than running it.
    ("jit", "off"),
    # Every statement finds its rows by an index, and its plan does not depend on its parameters: see
    # docs/decisions/0013-generic-plans.md. A plan made while a table was small stays right when it has grown.
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
)

_LIBPQ_DEFAULTS: dict[str, Any] = {
    "application_name": "raas",
    "client_encoding": "UTF8",
    "connect_timeout": 10,
    # A server that vanished without a word is noticed within a minute; sockets of the machine ignore these.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

_AUTOCOMMIT = "raas_autocommit"


def open_database(dsn: str, *, size: int = 10, autocommit: bool = False) -> AsyncEngine:
    """An engine on the PostgreSQL (15 or later) that the DSN names; nothing is connected yet.

    `dsn` is any `postgresql://` URI that libpq understands: hosts, socket directories, `options`, TLS.
    Raises StoreFault for any other. `size` bounds the connections. `autocommit` is for readers (and for
    nothing that needs two statements in one transaction): no BEGIN and no ROLLBACK travel around every
    statement.

    A connection that died while it lay in the pool is replaced before use, without asking the server:
    after a restart of PostgreSQL only the calls that were under way fail. Using the engine raises what
    `translated_errors` translates; for a server that is too old StoreFault with a sentence saying so.
    """
    parameters = connection_parameters(dsn)

    async def connect() -> psycopg.AsyncConnection[Any]:
        connection = await psycopg.AsyncConnection.connect(**parameters, autocommit=autocommit)
        try:
            require_supported(connection.info.server_version)
        except StoreFault:
            await connection.close()
            raise
        return connection

    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=connect,
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,
        # Who takes a connection out leaves it idle: asking for it again would cost every call.
        pool_reset_on_return=None,
        hide_parameters=True,
        execution_options={_AUTOCOMMIT: autocommit},
        use_native_hstore=False,
    )
    event.listen(engine.sync_engine, "checkout", _replace_if_dead)
    return engine


def in_autocommit(engine: AsyncEngine) -> bool:
    """Whether the engine was opened for readers."""
    return bool(engine.get_execution_options().get(_AUTOCOMMIT))


def require_supported(server_version: int) -> None:
    """Refuse a server older than PostgreSQL 15. Raises StoreFault."""
    if server_version < MINIMUM_SERVER:
        found, needed = server_version // 10_000, MINIMUM_SERVER // 10_000
        raise StoreFault(f"PostgreSQL {found} is too old: RaaS needs version {needed} or later")


def connection_parameters(dsn: str) -> dict[str, Any]:
    """The libpq parameters of every connection to the database. Raises StoreFault for a URI that is none."""
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise StoreFault("a database is named by a URI that begins with postgresql://")
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # The driver's message quotes the URI, and that may hold a password.
        raise StoreFault("the URI of the database cannot be read") from None
    settings = " ".join(f"-c {name}={value}" for name, value in _SERVER_SETTINGS)
    # The later one of two equal settings holds: what the URI says comes last.
    options = f"{settings} {given.get('options') or ''}".rstrip()
    return {**_LIBPQ_DEFAULTS, **given, "options": options}


def _replace_if_dead(connection: DBAPIConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Have the pool replace a connection whose socket has something to say while nothing was asked.

    That is how the end of the server looks from here: its last words, or the end of the stream. It
    costs two microseconds, where asking the server costs a round trip.
    """
    poll = select.poll()
    try:
        poll.register(connection.driver_connection.pgconn.socket, select.POLLIN)
    except psycopg.OperationalError:
        raise exc.DisconnectionError("the connection was closed") from None
    if poll.poll(0):
        raise exc.DisconnectionError("the server ended the connection")
