"""The wiring of the server: the only file that knows every room."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
from datetime import UTC, datetime

import structlog

from raas.domain.numbers.niss import NissProfile
from raas.ops.audit import NoAudit
from raas.ops.metrics import Metrics
from raas.ops.page_seal import FernetPageSeal
from raas.ops.settings import Settings
from raas.person_wiring import Persons
from raas.rpc.calls.identity import development_identity
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.server import RaasServer, build_server
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.storage.connection.database import open_database
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
from raas.usecases.ports.errors import PortError
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

_FORGET_SECONDS = 3_600

_GARBAGE_AFTER = 50_000
"""Allocations between two looks for cycles: what a call leaves behind is freed without them."""


async def serve(
    settings: Settings, dsn: str, *, worker: int | None = None, lifeline: int | None = None
) -> int:
    """Serve until SIGTERM or SIGINT, or until `lifeline` ends; answers the exit status.

    Stopping is graceful: health says NOT_SERVING, new calls are refused, those under way have
    `shutdown_seconds` to end, and what the write lanes accepted is answered
    before the database is let go.
    """
    stop = _stop_signal(lifeline)
    writing = open_database(dsn)
    reading = open_database(dsn, autocommit=True)
    metrics = Metrics()
    try:
        store = PostgresWriteStore(writing)
        limits = WriteLimits(max_lines_per_dossier=settings.max_lines)
        profile = NissProfile[settings.niss_profile.upper()]
        pages = Pages(FernetPageSeal(await page_seal_key(writing)))
        reads, registers = PostgresReadStore(reading), PostgresRegisterStore(reading)
        persons = Persons(settings, writing, reading)
        source = persons.source
        streaming = FeedService(
            PostgresLogs(reading),
            reads,
            PostgresSubscribers(reading),
            PostgresNotifications(reading),
            source,
            pages,
            StreamMessages(),
        )
        write_queues = WriteQueues(store, limits, streaming.committed)
        metrics.watch(
            "lane_waiting_operations", "Operations that wait to be written.", write_queues.waiting_operations
        )
        use_cases = UseCases(
            write=WriteOperations(write_queues, store, source, persons.identities, limits, persons.guesses),
            imports=Imports(write_queues, store, source, persons.identities, persons.guesses),
            dossier_types=ManageDossierTypes(write_queues, store, pages),
            consult=Consult(reads, source, pages),
            history=History(reads, registers, source, pages),
            explain=ExplainDossier(reads, source),
            check=CheckInscriptions(reads, source, _now),
            routing=FindRegisters(reads, source, _now),
            stale=StaleNiss(reads, source, pages),
            registers=Registers(registers, pages),
            stream=streaming,
            persons=persons.use_cases(profile, streaming.committed),
        )
        raas_server = build_server(
            use_cases,
            AccessControl(registers, NoAudit(), declared_permissions(SERVICES)),
            development_identity,
            listen=settings.listen,
            profile=profile,
            observer=metrics,
            share_port=worker is not None,
        )
        if settings.metrics_listen:
            metrics.serve(settings.metrics_listen, worker or 0)
        forgetting = asyncio.create_task(_forget(PostgresRetention(reading)))
        following = asyncio.create_task(streaming.run())
        following.add_done_callback(lambda _: stop.set())
        await raas_server.start()
        _settle_memory()
        await raas_server.serving(True)
        _announce(settings, raas_server)
        await stop.wait()
        log.info("stopping")
        await streaming.close()
        await raas_server.stop(settings.shutdown_seconds)
        await write_queues.drained()
        await persons.close()
        forgetting.cancel()
        following.cancel()
        await asyncio.wait([following])
        if not following.cancelled():
            # It never ends by itself, unless by a fault: say so.
            following.result()
        log.info("stopped")
        return 0
    finally:
        metrics.close()
        await writing.dispose()
        await reading.dispose()


async def _forget(retention: PostgresRetention) -> None:
    """Forget, every hour, what is kept only for a while; a database that is away is tried again next time."""
    while True:
        try:
            await retention.delete_expired_requests()
        except PortError as error:
            log.warning("old requests could not be forgotten", cause=str(error))
        await asyncio.sleep(_FORGET_SECONDS)


def _now() -> datetime:
    return datetime.now(UTC)


def _stop_signal(lifeline: int | None) -> asyncio.Event:
    """An event that is set by SIGTERM, SIGINT, or the end of the pipe `lifeline`."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if lifeline is not None:
        loop.add_reader(lifeline, stop.set)
    return stop


def _settle_memory() -> None:
    """Let the collector of cycles look at what calls allocate, not at what stays for good."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER, 20, 100)


def _announce(settings: Settings, raas_server: RaasServer) -> None:
    if settings.development_identity:
        log.warning(
            "DEVELOPMENT IDENTITY: callers name themselves and may do everything",
            setting="RAAS_DEVELOPMENT_IDENTITY",
        )
    log.info(
        "serving",
        listen=settings.listen,
        port=raas_server.port,
        niss_profile=settings.niss_profile,
        pid=os.getpid(),
    )
