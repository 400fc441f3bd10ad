"""One connection to the server, and the reason when there is none."""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import psycopg

from raas.usecases.ports.errors import StoreFault, StoreUnavailable

POOLER = (
    "RAAS_DATABASE_URL leads to a connection pooler, which drops LISTEN and session settings: "
    "name PostgreSQL itself"
)
_POOLER_REFUSAL = "unsupported startup parameter"
"""The error of a pooler such as PgBouncer that refuses session settings."""

_DEFAULT_PORT = "5432"
_SEVERAL = "\nMultiple connection attempts failed."


class Connection(psycopg.AsyncConnection[tuple[Any, ...]]):
    """A connection of psycopg that knows the kind of its server."""

    distributed = False
    """Whether the server is the coordinator of a Citus cluster, and statements may run on other nodes."""


async def connect(parameters: Mapping[str, Any], *, autocommit: bool) -> Connection:
    """A connection by the parameters of libpq.

    Raises StoreUnavailable that names host, port and reason, as libpq says it, and never the password;
    StoreFault (POOLER) when a pooler refuses the settings of the session.
    """
    try:
        return await Connection.connect(**parameters, autocommit=autocommit)
    except psycopg.OperationalError as error:
        if _POOLER_REFUSAL in str(error):
            raise StoreFault(POOLER) from None
        text = f"the database at {_places(parameters)} cannot be reached: {_reason(error)}"
        password = str(parameters.get("password") or os.environ.get("PGPASSWORD") or "")
        # libpq does not quote it; a resolver quotes a host that was mistaken for it.
        raise StoreUnavailable(text.replace(password, "***") if password else text) from None


def has_ended(connection: psycopg.AsyncConnection[Any]) -> bool:
    """Whether a connection ended on which no statement is running.

    A server that ends leaves a message or the end of the stream on the socket, which is then readable.
    Polling takes two microseconds; asking the server would take a round trip.
    """
    poll = select.poll()
    try:
        poll.register(connection.pgconn.socket, select.POLLIN)
    except psycopg.OperationalError:  # closed
        return True
    return bool(poll.poll(0))


def cut_off(connection: psycopg.AsyncConnection[Any]) -> None:
    """End a connection whose server does not answer: the statement that waits for it fails at once.

    The driver would send a request to cancel instead, and wait for the answer. Closing the socket would leave
    the statement waiting on it.
    """
    with suppress(psycopg.OperationalError, OSError), _same_socket(connection) as same:
        same.shutdown(socket.SHUT_RDWR)


def close_at_once(
    connection: psycopg.AsyncConnection[Any], used_by: asyncio.Future[Any] | None = None
) -> None:
    """Close a connection without a word to the server, which may not answer.

    A statement of the task `used_by` fails at once, and the socket is closed when that task has ended: the
    event loop (libuv) ends the process where it is to watch a socket that is closed already.
    """
    if used_by is None or used_by.done():
        connection.pgconn.finish()
    else:
        cut_off(connection)
        used_by.add_done_callback(lambda _: connection.pgconn.finish())


def _same_socket(connection: psycopg.AsyncConnection[Any]) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.pgconn.socket))


def _places(parameters: Mapping[str, Any]) -> str:
    """The hosts, or socket directories, and ports: `db-1:5432, db-2:5432`."""
    hosts = str(
        parameters.get("host") or parameters.get("hostaddr") or os.environ.get("PGHOST") or "the local socket"
    )
    ports = str(parameters.get("port") or os.environ.get("PGPORT") or _DEFAULT_PORT).split(",")
    return ", ".join(
        f"{host}:{ports[place] if len(ports) > 1 else ports[0]}"
        for place, host in enumerate(hosts.split(","))
    )


def _reason(error: psycopg.OperationalError) -> str:
    said, _, _ = str(error).partition(_SEVERAL)
    for prefix in ("connection failed: ", "connection is bad: "):
        said = said.removeprefix(prefix)
    return " ".join(said.split())
