"""The errors of the driver as errors of the ports.

A message of the driver may quote values (a key that exists already, a text that is no date), and
values may identify a person: only the class of the error and its SQLSTATE go on.
"""

from __future__ import annotations

from types import TracebackType

import psycopg
from sqlalchemy import exc

from raas.usecases.ports.errors import PortError, StoreFault, StoreUnavailable

# 08: connection; 53: out of connections, memory or disk; 57P: the server stops, starts or crashed;
# 25006: it became a standby (failover); 25P03, 25P04: the session was idle in a transaction, or in one
# transaction, for too long; 55P03: the wait for a lock took too long. In all of them the same call may
# succeed later.
_PASSING = ("08", "53", "57P", "25006", "25P03", "25P04", "55P03")


# The coordinator of a cluster lost a node during a transaction: it names no SQLSTATE of connections. An error
# that a node reported has its own SQLSTATE; the end of a connection to a node is an internal error.
_LOST_NODE = ("failure on connection marked as essential", "failed to COPY to shard")
_INTERNAL_ERROR, _ON_NODE = "XX000", "while executing command on "


def translated_errors() -> _Translation:
    """A `with` block in which errors of the driver and of the pool become errors of the ports.

    StoreUnavailable when there is no connection, or it was lost, or the server cannot serve for now;
    StoreFault for everything else. Other errors pass as they are.
    """
    return _TRANSLATION


def translated(error: psycopg.Error | exc.SQLAlchemyError) -> PortError:
    """The error of the ports for one of the driver or of the pool; its text names no value."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    sqlstate = getattr(cause, "sqlstate", None)
    text = f"{type(cause).__name__} {sqlstate or 'without SQLSTATE'}"
    if isinstance(error, exc.DBAPIError) and error.connection_invalidated:
        return StoreUnavailable(text)
    if isinstance(cause, exc.TimeoutError | exc.DisconnectionError):
        return StoreUnavailable(text)
    # Without SQLSTATE the server had no say: it could not be reached, or fell silent.
    if sqlstate is None and isinstance(cause, psycopg.OperationalError):
        return StoreUnavailable(text)
    if sqlstate is not None and (sqlstate.startswith(_PASSING) or _is_of_lost_node(cause)):
        return StoreUnavailable(text)
    return StoreFault(text)


def _is_of_lost_node(error: BaseException | None) -> bool:
    if not isinstance(error, psycopg.Error):
        return False
    message, context = error.diag.message_primary or "", error.diag.context or ""
    return message.startswith(_LOST_NODE) or (error.sqlstate == _INTERNAL_ERROR and _ON_NODE in context)


class _Translation:
    """Stateless, so one serves all: hot statements pass here thousands of times a second."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if isinstance(error, psycopg.Error | exc.SQLAlchemyError):
            raise translated(error) from None


_TRANSLATION = _Translation()
