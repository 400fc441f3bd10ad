"""The open log of the audit: the one to which all chains belong now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.audit.process_session import HELD_LOCKS, life_lock
from raas.storage.connection.lease import Connection
from raas.storage.connection.query import fetch, write
from raas.storage.connection.transactions import Transactions
from raas.usecases.ports.errors import StoreFault

_NEWEST = "SELECT log, origin FROM audit_log ORDER BY log DESC LIMIT 1"
_BEGIN = """
INSERT INTO audit_log (log, origin) VALUES (%(log)s, %(origin)s) ON CONFLICT DO NOTHING RETURNING log"""
_UNSEALED = """
SELECT p.chain FROM audit_process p
WHERE p.log = %(log)s AND NOT EXISTS (SELECT FROM audit_seal s WHERE s.chain = p.chain AND s.log = p.log)"""
_REGISTERS = "SELECT id FROM register ORDER BY id"
_RESET = "UPDATE register_head SET audit_length = 0, audit_hash = NULL WHERE register_id = %s"


@dataclass(frozen=True, slots=True)
class AuditLog:
    """A log: its number, which is part of the keys of its rows, and its name."""

    number: int
    origin: str


async def open_audit_log(engine: AsyncEngine, origin: str) -> AuditLog:
    """The open log, which must have this name; a database without a log begins its first one with it.

    Later logs, begun after a restore, add their number to the name: `raas.example/audit/2`. `engine` is one
    in autocommit. Raises StoreFault, with a sentence for the operator, when another log is open;
    StoreUnavailable.
    """
    found = await newest_audit_log(engine)
    if found is None:
        await write(engine, _BEGIN, {"log": 1, "origin": origin})
        found = await newest_audit_log(engine)
    if found is None or found.origin not in (origin, name_of_log(origin, found.number)):
        name = found.origin if found else "none"
        raise StoreFault(
            f"the open log of the audit is {name}, not {origin}: set RAAS_AUDIT_ORIGIN to its name"
        )
    return found


def name_of_log(origin: str, number: int) -> str:
    """The name of log number `number`, where the first one has the name `origin`."""
    return origin if number == 1 else f"{origin}/{number}"


async def begin_audit_log(engine: AsyncEngine, log: AuditLog) -> None:
    """Begin a later log, and every chain anew in it, in one transaction; `engine` is one for transactions.

    No server may run. Raises StoreFault, StoreUnavailable.
    """

    async def work(connection: Connection) -> None:
        begun = await connection.execute(_BEGIN, {"log": log.number, "origin": log.origin})
        if begun.rowcount != 1:
            raise StoreFault(f"the log {log.origin} has begun already")
        registers = await (await connection.execute(_REGISTERS)).fetchall()
        async with connection.cursor() as cursor:
            await cursor.executemany(_RESET, registers)
        await connection.commit()

    await Transactions(engine).run(work, writes=True)


async def newest_audit_log(engine: AsyncEngine) -> AuditLog | None:
    """The open log; None before the first one. `engine` is one in autocommit."""
    rows = await fetch(engine, _NEWEST, {})
    return AuditLog(*rows[0]) if rows else None


async def living_processes(engine: AsyncEngine, log: AuditLog) -> int:
    """The number of processes that live and have a chain in the log; `engine` is one in autocommit."""
    chains = await fetch(engine, _UNSEALED, {"log": log.number})
    held = {number for (number,) in await fetch(engine, HELD_LOCKS, {})}
    return sum(life_lock(chain) in held for (chain,) in chains)
