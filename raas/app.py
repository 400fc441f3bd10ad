"""The composition of a serving process: connects the stores, the use cases and the gRPC server."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.concurrency.keep_running import ReportFailure, keep_running
from raas.domain.numbers.niss import NissProfile
from raas.identity_wiring import Identity
from raas.ops.audit import NoAudit
from raas.ops.metrics import Metrics
from raas.ops.page_seal import FernetPageSeal
from raas.ops.readiness import Readiness
from raas.ops.settings import Settings
from raas.person_wiring import Persons
from raas.rpc.calls.fault_trace import fault_trace
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.server import RaasServer, build_listeners
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.storage.connection.clock import ClockGuard
from raas.storage.connection.database import open_database
from raas.storage.connection.probe import DatabaseProbe
from raas.storage.connection.secrets import page_seal_key
from raas.storage.log.notifications import PostgresNotifications
from raas.storage.log.reader import PostgresLogs
from raas.storage.log.subscribers import PostgresSubscribers
from raas.storage.maintenance.retention import PostgresRetention
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.admin.registers import Registers
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.service import FeedService
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.reads.check import CheckInscriptions
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.find_registers import FindRegisters
from raas.usecases.reads.history import History
from raas.usecases.reads.stale_niss import StaleNiss
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import Imports
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues

log = structlog.get_logger()

_RETENTION_SECONDS = 3_600

_POOL_SIZE = 10
CONNECTIONS = 2 * _POOL_SIZE + 1
"""Connections that a serving process may have to the database: two pools and the probe."""

_GARBAGE_AFTER = 50_000
"""Allocations between two collections of cycles: calls free their memory without them."""


@dataclass(frozen=True, slots=True)
class WorkerPlace:
    """The place of a worker under its supervisor: its number, and the descriptors of two pipes.

    `lifeline` is closed when the supervisor ends; on `serving` the worker writes a byte once it serves.
    """

    number: int
    lifeline: int
    serving: int

    def say_serving(self) -> None:
        """Tell the supervisor that calls are answered."""
        os.write(self.serving, b"1")
        os.close(self.serving)


async def serve(settings: Settings, dsn: str, worker: WorkerPlace | None = None) -> int:
    """Serve until SIGTERM or SIGINT, or until the supervisor of a worker ends; returns the exit status.

    Shutdown is graceful: health reports NOT_SERVING, new calls are refused, calls in progress have
    `shutdown_seconds` to end, and everything in the write queues is committed and answered before the
    database is disconnected.
    """
    stop = _stop_signal(worker.lifeline if worker else None)
    metrics = Metrics()
    report = _reporter(metrics)
    try:
        async with _databases(dsn) as (writing, reading):
            persons = Persons(settings, writing, reading)
            pages = Pages(FernetPageSeal(await page_seal_key(writing)))
            feed = _feed(reading, persons, pages)
            write_queues = _write_queues(settings, writing, feed, metrics)
            use_cases = _use_cases(settings, writing, reading, persons, pages, feed, write_queues)
            identity = Identity(settings)
            server = _server(settings, identity, reading, use_cases, metrics, share_port=worker is not None)
            if settings.metrics_listen:
                metrics.serve(settings.metrics_listen, worker.number if worker else 0)
            readiness = Readiness(server.health.tell)
            metrics.watch("raas_ready", "1 while the database answers, else 0.", lambda: readiness.ready)
            probe, retention = DatabaseProbe(dsn), PostgresRetention(reading)
            await server.start()
            _settle_memory()
            _announce(settings, server)
            if worker:
                worker.say_serving()
            async with _in_background(
                stop,
                feed.run(report),
                keep_running("retention", lambda: _delete_expired(retention), report),
                keep_running("readiness", lambda: probe.run(readiness.tested), report),
                *([keep_running("token keys", keys.run, report)] if (keys := identity.keys) else []),
            ):
                await stop.wait()
                log.info("stopping")
                await feed.close()
                await server.stop(settings.shutdown_seconds)
                await write_queues.drained()
                await persons.close()
        log.info("stopped")
        return 0
    finally:
        metrics.close()


@asynccontextmanager
async def _databases(dsn: str) -> AsyncIterator[tuple[AsyncEngine, AsyncEngine]]:
    """The connection pools for transactions and, in autocommit, for reading."""
    writing = open_database(dsn, size=_POOL_SIZE)
    reading = open_database(dsn, size=_POOL_SIZE, autocommit=True)
    try:
        yield writing, reading
    finally:
        await writing.dispose()
        await reading.dispose()


def _feed(reading: AsyncEngine, persons: Persons, pages: Pages) -> FeedService:
    return FeedService(
        PostgresLogs(reading),
        PostgresReadStore(reading),
        PostgresSubscribers(reading),
        PostgresNotifications(reading),
        persons.source,
        pages,
        StreamMessages(),
    )


def _write_queues(
    settings: Settings, writing: AsyncEngine, feed: FeedService, metrics: Metrics
) -> WriteQueues:
    limits = WriteLimits(max_lines_per_dossier=settings.max_lines)
    write_queues = WriteQueues(
        PostgresWriteStore(writing, ClockGuard(settings.accept_record_times_until)), limits, feed.committed
    )
    metrics.watch(
        "raas_write_queue_operations",
        "Operations that wait in the write queues.",
        write_queues.waiting_operations,
    )
    return write_queues


def _use_cases(
    settings: Settings,
    writing: AsyncEngine,
    reading: AsyncEngine,
    persons: Persons,
    pages: Pages,
    feed: FeedService,
    write_queues: WriteQueues,
) -> UseCases:
    limits = WriteLimits(max_lines_per_dossier=settings.max_lines)
    store, source, identities = (
        PostgresWriteStore(writing, ClockGuard(settings.accept_record_times_until)),
        persons.source,
        persons.identities,
    )
    reads, registers = PostgresReadStore(reading), PostgresRegisterStore(reading)
    return UseCases(
        write=WriteOperations(write_queues, store, source, identities, limits, persons.guesses),
        imports=Imports(write_queues, store, source, identities, persons.guesses),
        dossier_types=ManageDossierTypes(write_queues, store, pages),
        consult=Consult(reads, source, persons.history, pages),
        history=History(reads, registers, source, pages),
        explain=ExplainDossier(reads, source, persons.history),
        check=CheckInscriptions(reads, source, persons.history, _now),
        routing=FindRegisters(reads, source, persons.history, _now),
        stale=StaleNiss(reads, source, pages),
        registers=Registers(registers, pages),
        stream=feed,
        persons=persons.use_cases(_profile(settings), feed.committed),
    )


def _server(
    settings: Settings,
    identity: Identity,
    reading: AsyncEngine,
    use_cases: UseCases,
    metrics: Metrics,
    *,
    share_port: bool,
) -> RaasServer:
    return build_listeners(
        use_cases,
        AccessControl(PostgresRegisterStore(reading), NoAudit(), declared_permissions(SERVICES)),
        identity.listeners,
        health_listen=settings.listen_health,
        profile=_profile(settings),
        observer=metrics,
        share_port=share_port,
    )


@asynccontextmanager
async def _in_background(stop: asyncio.Event, *tasks: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run tasks, which restart themselves, while the block lasts.

    Should one of them end nevertheless, `stop` is set and its error is raised at the end of the block.
    """

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for task in tasks:
                group.create_task(task)

    background = asyncio.create_task(run())
    background.add_done_callback(lambda _: stop.set())
    try:
        yield
    finally:
        background.cancel()
        await asyncio.wait([background])
        if not background.cancelled():
            background.result()


def _reporter(metrics: Metrics) -> ReportFailure:
    """Log and count failures of background tasks, without the text of the error, which may quote data."""

    def report(task: str, error: Exception, restart_seconds: float) -> None:
        metrics.task_failed(task)
        log.error("background task failed", task=task, fault=fault_trace(error), restart_in=restart_seconds)

    return report


async def _delete_expired(retention: PostgresRetention) -> None:
    """Delete expired rows every hour; after an outage of the database, an hour later."""
    while True:
        try:
            await retention.delete_expired_requests()
            await retention.delete_disconnected_subscribers()
        except StoreUnavailable as error:
            log.warning("expired rows could not be deleted", cause=str(error))
        await asyncio.sleep(_RETENTION_SECONDS)


def _profile(settings: Settings) -> NissProfile:
    return NissProfile[settings.niss_profile.upper()]


def _now() -> datetime:
    return datetime.now(UTC)


def _stop_signal(lifeline: int | None) -> asyncio.Event:
    """An event that is set by SIGTERM, by SIGINT, or when the other end of the pipe `lifeline` is closed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        loop.add_reader(lifeline, stop.set)
    return stop


def _settle_memory() -> None:
    """Exclude the objects of the composition from the collection of cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER, 20, 100)


def _announce(settings: Settings, server: RaasServer) -> None:
    if settings.development_identity:
        log.warning(
            "DEVELOPMENT IDENTITY: callers name themselves and may do everything",
            setting="RAAS_DEVELOPMENT_IDENTITY",
        )
    log.info(
        "serving",
        listen=settings.addresses,
        ports=server.ports,
        environment=settings.environment.value if settings.environment else "test",
        niss_profile=settings.niss_profile,
        pid=os.getpid(),
    )
