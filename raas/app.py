"""A serving process: from its settings to its end, with everything that runs in its background."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.composition import (
    change_feed,
    rights_of,
    server_of,
    use_cases_of,
    write_limits_of,
    write_queues_of,
    write_store_of,
)
from raas.concurrency.keep_running import Backoff, ReportFailure, keep_running
from raas.ops.metrics import Metrics
from raas.ops.page_seal import FernetPageSeal, parse_page_keys
from raas.ops.readiness import Readiness
from raas.ops.settings import Settings
from raas.rpc.calls.fault_trace import fault_trace
from raas.rpc.server import RaasServer
from raas.rpc.services.use_cases import RightsUseCases
from raas.signing.key_sources import secret_of
from raas.storage.audit.log import open_audit_log
from raas.storage.billing.store import PostgresBillingStore
from raas.storage.connection.database import open_database
from raas.storage.connection.probe import DatabaseProbe
from raas.storage.connection.secrets import page_seal_key
from raas.storage.maintenance.expiry import PostgresExpiry
from raas.storage.rights.store import PostgresRightsStore
from raas.usecases.admin.journaled_rights import JournaledRights
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.billing.recorder import BillingRecorder
from raas.usecases.calls.pagination import Pages
from raas.usecases.ports.errors import StoreUnavailable
from raas.wiring.audit import AuditProof, AuditRecording, journal_of
from raas.wiring.database import DatabaseCare
from raas.wiring.identity import Identity
from raas.wiring.limits import Limits
from raas.wiring.persons import Persons

log = structlog.get_logger()

_RETENTION_SECONDS = 3_600

_POOL_SIZE = 10
CONNECTIONS = 2 * _POOL_SIZE + 4
"""Connections that a serving process may have to the database: two pools, the probe, the reader of rights,
the lock of the checkpointer and the life of the audit chain."""

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
            audit_log = await open_audit_log(reading, settings.audit_log_name)
            proof = AuditProof(settings, dsn, reading, audit_log, metrics)
            settings = await proof.confine(settings)
            journal = journal_of(settings)
            await journal.append([])  # a journal that is not there after a restore was lost
            caller_limits = Limits(settings, reading, metrics)
            persons = Persons(settings, writing, reading, caller_limits.budgets, audit_log)
            pages = Pages(FernetPageSeal(*await _page_keys(settings, writing)))
            feed = change_feed(reading, persons, pages)
            store, limits = write_store_of(settings, writing, audit_log), write_limits_of(settings)
            write_queues = write_queues_of(store, limits, feed, metrics)
            identity, rights = Identity(settings), rights_of(settings, dsn)
            granting = RightsUseCases.on(
                JournaledRights(PostgresRightsStore(writing, reading), journal),
                rights,
                store,
                write_queues,
                pages,
            )
            billing, counter = PostgresBillingStore(reading), BillingCounter()
            recorder = BillingRecorder(counter, billing)
            care = DatabaseCare(settings, reading, metrics)
            recording = AuditRecording(dsn, writing, audit_log, proof, care.space, metrics)
            use_cases = use_cases_of(
                settings, store, limits, reading, persons, pages, feed, write_queues, granting, billing
            )
            server = server_of(
                settings,
                identity,
                reading,
                use_cases,
                rights,
                metrics,
                caller_limits,
                counter,
                recording.recorder,
                share_port=worker is not None,
            )
            if settings.metrics_listen:
                metrics.serve(settings.metrics_listen, worker.number if worker else 0)
            identity.expose(metrics)
            readiness = Readiness(server.health.tell)
            metrics.watch("raas_ready", "1 while the database answers, else 0.", lambda: readiness.ready)
            probe, expiry = DatabaseProbe(dsn), PostgresExpiry(reading)
            await server.start()
            _settle_memory()
            _announce(settings, server)
            if worker:
                worker.say_serving()
            async with _in_background(
                stop,
                feed.run(report),
                keep_running("rights", rights.run, report, Backoff(first=0.1, longest=1.0)),
                keep_running("limit exchange", caller_limits.calls.exchange.run, report),
                keep_running("billing", recorder.run, report),
                keep_running("retention", lambda: _delete_expired(expiry), report),
                *care.tasks(report, server.health.tell_space),
                keep_running("readiness", lambda: probe.run(readiness.tested), report),
                *proof.tasks(report),
                *recording.tasks(report),
                *identity.tasks(report),
            ):
                await stop.wait()
                log.info("stopping")
                await feed.close()
                await server.stop(settings.shutdown_seconds)
                await write_queues.drained()
                await persons.close()
                await _store_usage(recorder)
                await recording.close()
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


async def _page_keys(settings: Settings, engine: AsyncEngine) -> Sequence[bytes]:
    """The keys of page tokens, the newest first. Raises KeyUnusable."""
    if settings.page_token_keys is None:
        return [await page_seal_key(engine)]
    return parse_page_keys(await asyncio.to_thread(secret_of, settings.page_token_keys, Path()))


def _reporter(metrics: Metrics) -> ReportFailure:
    """Log and count failures of background tasks, without the text of the error, which may quote data."""

    def report(task: str, error: Exception, restart_seconds: float) -> None:
        metrics.task_failed(task)
        log.error("background task failed", task=task, fault=fault_trace(error), restart_in=restart_seconds)

    return report


async def _store_usage(recorder: BillingRecorder) -> None:
    """Store the usage that was counted last; without the database it is lost."""
    try:
        await recorder.flush()
    except StoreUnavailable as error:
        log.warning("usage could not be stored", cause=str(error))


async def _delete_expired(expiry: PostgresExpiry) -> None:
    """Delete expired rows every hour; after an outage of the database, an hour later."""
    while True:
        try:
            await expiry.delete_expired_requests()
            await expiry.delete_disconnected_subscribers()
            await expiry.delete_expired_limits()
        except StoreUnavailable as error:
            log.warning("expired rows could not be deleted", cause=str(error))
        await asyncio.sleep(_RETENTION_SECONDS)


def _stop_signal(lifeline: int | None) -> asyncio.Event:
    """An event that is set by SIGTERM, by SIGINT, or when the other end of the pipe `lifeline` is closed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:

        def supervisor_ended() -> None:
            loop.remove_reader(lifeline)  # a closed pipe stays readable
            stop.set()

        loop.add_reader(lifeline, supervisor_ended)
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
