"""The open log of the audit: the one to which all chains belong now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch, write
from raas.usecases.ports.errors import StoreFault

_NEWEST = "SELECT log, origin FROM audit_log ORDER BY log DESC LIMIT 1"
_BEGIN = """
INSERT INTO audit_log (log, origin) VALUES (%(log)s, %(origin)s) ON CONFLICT DO NOTHING RETURNING log"""


@dataclass(frozen=True, slots=True)
class AuditLog:
    """A log: its number, which is part of the keys of its rows, and its name."""

    number: int
    origin: str


async def open_audit_log(engine: AsyncEngine, origin: str) -> AuditLog:
    """The open log, which must have this name; a database without a log begins its first one with it.

    `engine` is one in autocommit. Raises StoreFault, with a sentence for the operator, when another log is
    open; StoreUnavailable.
    """
    found = await newest_audit_log(engine)
    if found is None:
        await write(engine, _BEGIN, {"log": 1, "origin": origin})
        found = await newest_audit_log(engine)
    if found is None or found.origin != origin:
        name = found.origin if found else "none"
        raise StoreFault(f"the open log of the audit is {name}, not {origin}")
    return found


async def newest_audit_log(engine: AsyncEngine) -> AuditLog | None:
    """The open log; None before the first one. `engine` is one in autocommit."""
    rows = await fetch(engine, _NEWEST, {})
    return AuditLog(*rows[0]) if rows else None
