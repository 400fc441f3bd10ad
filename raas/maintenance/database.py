"""Migration, distribution, trimming, renewal and erasure, composed for commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.calendar.age import Age
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.registers.register import Register
from raas.maintenance.engines import command_engines
from raas.storage.connection.capacity import capacity
from raas.storage.connection.database import open_database
from raas.storage.connection.server_version import server_version
from raas.storage.maintenance.erase import PostgresContentStore
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.schema.distribution import Distribution, distribute, require_distributed
from raas.storage.schema.distribution import require_coordinator as coordinator_required
from raas.storage.schema.migration import schema_version, upgrade
from raas.storage.schema.roles import grant_rights, server_role
from raas.storage.schema.version import SchemaVersion
from raas.usecases.admin.erase import EraseContents, Progress
from raas.usecases.admin.registers import chosen
from raas.usecases.admin.trim import TrimProgress, TrimTarget, renew_logs
from raas.usecases.admin.trim import trim as trim_log
from raas.usecases.ports.audit.journal import Journal
from raas.usecases.ports.errors import StoreFault

T = TypeVar("T")


def migrate(dsn: str, server_dsn: str | None = None) -> SchemaVersion:
    """Migrate a database to the schema of this version; returns the version found before.

    `server_dsn` is the DSN of the servers, if they have another role: that role is granted its rights.
    """

    async def run() -> SchemaVersion:
        engine = open_database(dsn, limits=None)
        try:
            found = await upgrade(engine)
            if server_dsn is not None:
                await grant_rights(engine, server_role(server_dsn))
            return found
        finally:
            await engine.dispose()

    return asyncio.run(run())


def require_usable_schema(dsn: str) -> SchemaVersion:
    """The version of the schema, on which this version of RaaS can work.

    Raises StoreFault, with a sentence for the operator, for any other schema; StoreUnavailable.
    """

    async def run() -> SchemaVersion:
        engine = open_database(dsn, limits=None)
        try:
            return await schema_version(engine)
        finally:
            await engine.dispose()

    version = asyncio.run(run())
    if not version.is_usable:
        raise StoreFault(version.refusal)
    return version


def postgresql_version(dsn: str) -> str:
    """The version of PostgreSQL, such as 18.1. Raises StoreUnavailable, StoreFault."""
    return asyncio.run(server_version(dsn))


def distribute_tables(dsn: str, shards: int | None) -> Distribution:
    """Distribute the tables of a migrated database over the nodes of its cluster, as far as they are not yet.

    Raises StoreFault, with a sentence for the operator, when that cannot be done; StoreUnavailable.
    """
    return _on_engine(dsn, partial(distribute, shards=shards))


def require_coordinator(dsn: str) -> None:
    """Raise StoreFault unless the database is on the coordinator of a cluster; StoreUnavailable."""
    _on_engine(dsn, coordinator_required)


def require_distributed_tables(dsn: str) -> None:
    """Raise StoreFault on a cluster whose tables are not in their place, or that cannot carry them."""
    _on_engine(dsn, require_distributed)


def _on_engine(dsn: str, work: Callable[[AsyncEngine], Awaitable[T]]) -> T:
    async def run() -> T:
        engine = open_database(dsn, size=1, autocommit=True, limits=None)
        try:
            return await work(engine)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def require_connections(dsn: str, workers: int, each: int) -> None:
    """Raise StoreFault when a database does not allow the connections of all workers; StoreUnavailable."""
    found = asyncio.run(capacity(dsn))
    if workers * each > found.connections:
        fitting = found.connections // each
        advice = f"set RAAS_WORKERS to at most {fitting}, or raise" if fitting else "raise"
        raise StoreFault(
            f"{workers} worker{'s' if workers > 1 else ''} may need {workers * each} connections to "
            f"PostgreSQL, but {found.limit}: {advice} the limit by {workers * each - found.connections}"
        )


def trim(
    dsn: str,
    register: EnterpriseNumber | None,
    oldest: int | Age,
    *,
    force: bool,
    progress: Callable[[Register, TrimProgress], None],
) -> None:
    """Trim the log of a register, or (None) of all, to a revision or to an age.

    `progress` is called after each step, at least once per register. Raises Refused REGISTER_UNKNOWN,
    REVISION_IN_FUTURE; StoreUnavailable, StoreFault. Completed steps are not undone.
    """

    async def run(stores: _Stores) -> None:
        now = datetime.now(UTC)
        cut = (
            TrimTarget(instant=oldest.before(now)) if isinstance(oldest, Age) else TrimTarget(revision=oldest)
        )
        async for each in chosen(stores.registers, register):
            told = partial(progress, each)
            await trim_log(stores.trims, each, cut, now=now, force=force, progress=told)

    _work_on(dsn, run)


def renew(dsn: str, register: EnterpriseNumber | None) -> Sequence[Register]:
    """Give the log of a register, or (None) of all, a new log_id; returns the changed registers.

    All of them or none. Raises Refused REGISTER_UNKNOWN; StoreUnavailable, StoreFault.
    """

    async def run(stores: _Stores) -> Sequence[Register]:
        await renew_logs(stores.trims, [each async for each in chosen(stores.registers, register)])
        return [each async for each in chosen(stores.registers, register)]

    return _work_on(dsn, run)


def erase(dsn: str, what: Age | Niss, progress: Progress, journal: Journal) -> None:
    """Erase the contents beside the logs of at least an age, or about a person.

    The journal has it first. `progress` receives the number erased so far. Raises StoreUnavailable,
    StoreFault; completed batches are not undone.
    """

    async def run(stores: _Stores) -> None:
        erasing, now = EraseContents(stores.contents, journal), datetime.now(UTC)
        if isinstance(what, Age):
            await erasing.by_age(now, what, progress=progress)
        else:
            await erasing.by_person(now, what, progress=progress)

    _work_on(dsn, run)


@dataclass(frozen=True, slots=True)
class _Stores:
    registers: PostgresRegisterStore
    trims: PostgresTrims
    contents: PostgresContentStore


@asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[_Stores]:
    async with command_engines(dsn) as (writing, reading):
        yield _Stores(
            PostgresRegisterStore(reading),
            PostgresTrims(writing, reading),
            PostgresContentStore(reading),
        )


def _work_on(dsn: str, work: Callable[[_Stores], Coroutine[Any, Any, T]]) -> T:
    """Run on an event loop of its own. SIGINT cancels the work and raises KeyboardInterrupt."""

    async def run() -> T:
        async with _opened(dsn) as stores:
            return await work(stores)

    require_usable_schema(dsn)
    return asyncio.run(run())
