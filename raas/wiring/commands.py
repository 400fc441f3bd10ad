"""The wiring of the audit of commands: nothing is done on a database before it is recorded."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.detached import detach
from raas.domain.errors import Refused
from raas.domain.json_value import JsonObject
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.store import PostgresAuditStore
from raas.storage.connection.database import open_database
from raas.storage.connection.query import fetch
from raas.usecases.admin.command_record import DONE, Command, CommandRecord, Operator
from raas.usecases.ports.errors import PortError

FAILED, INTERRUPTED = "FAILED", "INTERRUPTED"
"""Outcomes of commands that are not the reason of a refusal."""

_END_SECONDS = 10.0
"""The longest time that an interrupted command takes to record its outcome."""

_AUDIT_EXISTS = "SELECT to_regclass('audit_log') IS NOT NULL"


@contextmanager
def recorded(dsn: str, origin: str, command: Command) -> Iterator[None]:
    """Record a command before the block, and its outcome at the end of the block.

    A database without a log begins one with the name `origin`. Raises StoreUnavailable, StoreFault before the
    block. An interruption waits until the outcome is recorded, a second one does not; should the outcome not
    be recorded, a server later seals the chain of the command.
    """
    with asyncio.Runner() as runner:
        opened = runner.run(_begin(dsn, origin, command))
        outcome = FAILED
        try:
            yield
            outcome = DONE
        except KeyboardInterrupt:
            outcome = INTERRUPTED
            raise
        except Refused as refused:
            outcome = refused.violations[0].reason.name
            raise
        finally:
            runner.run(_despite_interruption(_end(*opened, outcome)))


def has_audit(dsn: str) -> bool:
    """Whether the database was migrated to a version that keeps an audit. Raises StoreUnavailable."""

    async def run() -> bool:
        engine = open_database(dsn, size=1, autocommit=True, limits=None)
        try:
            ((exists,),) = await fetch(engine, _AUDIT_EXISTS, {})
            return bool(exists)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def operator() -> Operator:
    """The user and the host of this process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the user has no name
        user = str(os.getuid())
    return Operator(user, socket.gethostname())


def record_of(store: PostgresAuditStore, command: Command) -> CommandRecord:
    """The record of a command that this process runs, not begun yet."""
    who = operator()
    process: JsonObject = {"host": who.host, "pid": os.getpid(), "version": version("raas")}
    return CommandRecord(store, command, who, process, lambda: time.time_ns() // 1_000)


Opened = tuple[CommandRecord, PostgresAuditStore, AsyncEngine]


async def _begin(dsn: str, origin: str, command: Command) -> Opened:
    reading = open_database(dsn, size=1, autocommit=True, limits=None)
    try:
        log = await open_audit_log(reading, origin)
    finally:
        await reading.dispose()
    writing = open_database(dsn, size=1, limits=None)
    store = PostgresAuditStore(writing, dsn, log)
    record = record_of(store, command)
    try:
        await record.begin()
    except BaseException:
        await _close(store, writing)
        raise
    return record, store, writing


async def _end(record: CommandRecord, store: PostgresAuditStore, writing: AsyncEngine, outcome: str) -> None:
    try:
        with suppress(PortError):
            await record.end(outcome)
    finally:
        await _close(store, writing)


async def _despite_interruption(work: Coroutine[Any, Any, None]) -> None:
    """Await work; a cancellation is raised once the work has ended, or has taken too long."""
    task = detach(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task], timeout=_END_SECONDS)
        raise


async def _close(store: PostgresAuditStore, writing: AsyncEngine) -> None:
    await store.close()
    await writing.dispose()
