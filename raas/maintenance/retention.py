"""The composition of the commands that remove what was kept for its period."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.detached import detach
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.maintenance.engines import command_engines
from raas.ops.settings import Settings
from raas.storage.audit.log import newest_audit_log
from raas.storage.connection.clock import ClockGuard
from raas.storage.maintenance.audit_removal import PostgresAuditRemoval
from raas.storage.maintenance.erase import PostgresContentStore
from raas.storage.maintenance.expiry import PostgresExpiry
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.admin.erase import EraseContents
from raas.usecases.admin.registers import chosen
from raas.usecases.ports.errors import StoreFault
from raas.usecases.ports.maintenance import RemovedRecords
from raas.usecases.retention.classes import DataClass, Periods
from raas.usecases.retention.contents import ForgottenContents
from raas.usecases.retention.lines import ExpireLines
from raas.usecases.retention.removal import Outcome, Progress, Retention, RetentionStores
from raas.wiring.audit import journal_of

T = TypeVar("T")


def retain(
    dsn: str,
    settings: Settings,
    number: EnterpriseNumber | None,
    classes: Collection[DataClass],
    periods: Periods,
    outcome: Callable[[Outcome], None],
    progress: Progress | None,
) -> None:
    """Remove what is due of these classes, in a register or (None) in all; without `progress`, count it.

    `outcome` receives each class as soon as it is complete. Raises Refused REGISTER_UNKNOWN; PortErrors.
    Completed batches are not undone.
    """

    async def work() -> None:
        async with command_engines(dsn) as (writing, reading):
            registers = [each async for each in chosen(PostgresRegisterStore(reading), number)]
            use = await _retention(settings, writing, reading, periods)
            outcomes = (
                use.due(registers, classes) if progress is None else use.remove(registers, classes, progress)
            )
            async for each in outcomes:
                outcome(each)

    async def run() -> None:
        # A write that was begun runs to its end, and so would a wait for the lock of a register: the end of
        # the event loop interrupts it, and the batch is rolled back.
        await asyncio.shield(detach(work()))

    asyncio.run(run())


def audit_months(dsn: str, before: datetime) -> Sequence[str]:
    """The partitions of the audit of the months before an instant. Raises PortErrors."""
    return _on_audit(dsn, lambda removal: removal.partitions_before(before))


def remove_audit_months(dsn: str, before: datetime) -> RemovedRecords | None:
    """Remove the records of the audit of these months; see PostgresAuditRemoval. Raises PortErrors."""
    return _on_audit(dsn, lambda removal: removal.remove_before(before))


def _on_audit(dsn: str, work: Callable[[PostgresAuditRemoval], Coroutine[Any, Any, T]]) -> T:
    async def run() -> T:
        async with command_engines(dsn) as (writing, reading):
            return await work(await _audit_removal(writing, reading))

    return asyncio.run(run())


async def _retention(
    settings: Settings, writing: AsyncEngine, reading: AsyncEngine, periods: Periods
) -> Retention:
    reads, contents = PostgresReadStore(reading), PostgresContentStore(reading)
    store = PostgresWriteStore(writing, ClockGuard(settings.accept_record_times_until))
    erasing = EraseContents(contents, journal_of(settings))
    trims, requests = PostgresTrims(writing, reading), PostgresExpiry(reading)
    return Retention(
        RetentionStores(trims, contents, requests, await _audit_removal(writing, reading)),
        ExpireLines(reads, store),
        erasing,
        ForgottenContents(contents, reads, erasing),
        periods,
        datetime.now(UTC),
    )


async def _audit_removal(writing: AsyncEngine, reading: AsyncEngine) -> PostgresAuditRemoval:
    log = await newest_audit_log(reading)
    if log is None:
        raise StoreFault("the audit of this database has not begun")
    return PostgresAuditRemoval(writing, log.number)
