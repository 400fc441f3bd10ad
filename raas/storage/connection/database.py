"""The database: its connection pool, and the settings of every connection."""

from __future__ import annotations

from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from raas.storage.connection.connect import Connection, connect, has_ended
from raas.storage.connection.limits import TransactionLimits, limit_transactions
from raas.usecases.ports.errors import StoreFault

MINIMUM_SERVER = 150_000
"""PostgreSQL 15, the way the server numbers it."""

_SERVER_SETTINGS = (
    ("datestyle", "ISO"),  # storage/rows/ranges.py reads it
    ("timezone", "UTC"),  # instants are UTC inside
    # Statements are small and many: compiling one takes longer than running it.
    ("jit", "off"),
    # Every statement finds its rows by an index, and its plan does not depend on its parameters: see
    # docs/decisions/0013-generic-plans.md. A plan made while a table was small stays right when it has grown.
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    # The server ends the session of a client whose host is lost. Unix sockets ignore these.
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "20s"),
)

# Citus plans a statement for the node of its register, and so not before it knows the parameters.
_ADAPT_TO_CITUS = """
SELECT set_config('plan_cache_mode', 'auto', false) FROM pg_extension WHERE extname = 'citus'"""

_SERVER_LIMITS = TransactionLimits()

COMMAND_SUFFIX = " command"
"""Added to the application name of database commands: a server never ends their sessions."""

_LIBPQ_DEFAULTS: dict[str, Any] = {
    "application_name": "raas",
    "client_encoding": "UTF8",
    "connect_timeout": 10,
    # The end of a server that is lost is detected within a minute. Unix sockets ignore these.
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

_AUTOCOMMIT = "raas_autocommit"
_LIMITS = "raas_limits"


def open_database(
    dsn: str,
    *,
    size: int = 10,
    autocommit: bool = False,
    limits: TransactionLimits | None = _SERVER_LIMITS,
) -> AsyncEngine:
    """An engine on the PostgreSQL (15 or later) that the DSN names; nothing is connected yet.

    `dsn` is any `postgresql://` URI that libpq understands: hosts, socket directories, `options`, TLS.
    Raises StoreFault for any other. `size` bounds the connections. `autocommit` is for single statements:
    no BEGIN and no ROLLBACK are sent around them. `limits` bound the transactions of a server; None is for
    database commands and migrations, whose sessions then have another application name, too.

    A connection that died in the pool is replaced before use, without asking the server: after a restart
    of PostgreSQL only the calls in progress fail. The engine raises the errors that `translated_errors`
    translates; StoreFault with a sentence for a server that is too old and for a pooler.
    """
    parameters = connection_parameters(dsn, limits)

    async def connect_supported() -> Connection:
        connection = await connect(parameters, autocommit=True)
        try:
            require_supported(connection.info.server_version)
            cursor = await connection.execute(_ADAPT_TO_CITUS)
            connection.distributed = await cursor.fetchone() is not None
            if limits is not None and not autocommit:
                await limit_transactions(connection, limits)
            await connection.set_autocommit(autocommit)
        except BaseException:
            await connection.close()
            raise
        return connection

    engine = create_async_engine(
        "postgresql+psycopg://",
        async_creator=connect_supported,
        pool_size=size,
        max_overflow=0,
        pool_use_lifo=True,
        # A lease gives its connection back idle: resetting it here would cost every call a round trip.
        pool_reset_on_return=None,
        hide_parameters=True,
        execution_options={_AUTOCOMMIT: autocommit, _LIMITS: limits},
        use_native_hstore=False,
    )
    event.listen(engine.sync_engine, "checkout", _replace_if_dead)
    return engine


def in_autocommit(engine: AsyncEngine) -> bool:
    """Whether the engine was opened for single statements."""
    return bool(engine.get_execution_options().get(_AUTOCOMMIT))


def limits_of(engine: AsyncEngine) -> TransactionLimits | None:
    """The limits with which the engine was opened."""
    limits: TransactionLimits | None = engine.get_execution_options().get(_LIMITS)
    return limits


def require_supported(server_version: int) -> None:
    """Refuse a server older than PostgreSQL 15. Raises StoreFault."""
    if server_version < MINIMUM_SERVER:
        found, needed = server_version // 10_000, MINIMUM_SERVER // 10_000
        raise StoreFault(f"PostgreSQL {found} is too old: RaaS needs version {needed} or later")


def connection_parameters(dsn: str, limits: TransactionLimits | None = _SERVER_LIMITS) -> dict[str, Any]:
    """The libpq parameters of every connection to the database. Raises StoreFault for a URI that is none."""
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise StoreFault("a database is named by a URI that begins with postgresql://")
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        # The driver's message quotes the URI, and that may hold a password.
        raise StoreFault("the URI of the database cannot be read") from None
    ours = " ".join(f"-c {name}={value}" for name, value in session_settings(limits).items())
    # The later one of two equal settings applies: those of the URI come last.
    options = f"{ours} {given.get('options') or ''}".rstrip()
    parameters = {**_LIBPQ_DEFAULTS, **given, "options": options}
    if limits is None:
        parameters["application_name"] += COMMAND_SUFFIX
    return parameters


def session_settings(limits: TransactionLimits | None = _SERVER_LIMITS) -> dict[str, str]:
    """The settings of PostgreSQL in every session; `limits` bound the waits for locks."""
    settings = dict(_SERVER_SETTINGS)
    if limits is not None:
        settings["lock_timeout"] = f"{round(limits.lock_seconds * 1000)}ms"
    return settings


def _replace_if_dead(connection: DBAPIConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Have the pool replace a connection that ended."""
    if has_ended(cast(Connection, connection.driver_connection)):
        raise exc.DisconnectionError("the connection has ended")
