"""A server in this process, on the database of the tests, with the feed of a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from itertools import count
from typing import Any, cast

import grpc.aio
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import NissProfile
from raas.ops.page_seal import FernetPageSeal
from raas.rpc.calls.identity.identify import Identify, development_identity
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.server import RaasServer, build_server
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import RightsUseCases, UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.storage.connection.secrets import page_seal_key
from raas.storage.log.notifications import PostgresNotifications
from raas.storage.log.reader import PostgresLogs
from raas.storage.log.subscribers import PostgresSubscribers
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.admin.registers import Registers
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.dispatcher import DispatcherLimits
from raas.usecases.feed.service import FeedService
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.persons.no_history import UnchangingNumbers
from raas.usecases.persons.structure_source import StructureSource
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.log import LogFilter, LogPage, Notifications, ReadLimits
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.history import History
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteLimits, WriteQueues
from raas.v1 import dossier_type_pb2, inscription_pb2
from raas.v1 import register_service_pb2 as registers_v1
from raas.v1.administration_service_pb2 import CreateRegisterRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.memory.audit import RecordingAudit
from tests.oracle.numbers import enterprise_number
from tests.rights import StillRights, known_rights
from tests.stream.reading import metadata

_OWNERS = (enterprise_number(8_000_000 + i) for i in count())


def fail(task: str, error: Exception, restart_seconds: float) -> None:
    """Receives failures of background tasks; a test expects none and restarts nothing."""
    raise error


class CountingLogs(PostgresLogs):
    """Counts the reads of logs."""

    readings = 0

    async def read(
        self, after: Mapping[int, int], which: LogFilter, reach: ReadLimits
    ) -> Mapping[int, LogPage]:
        self.readings += 1
        return await super().read(after, which, reach)


@dataclass
class StreamHarness:
    """The server, a channel to it, and its audit records."""

    raas_server: RaasServer
    streaming: FeedService
    logs: CountingLogs
    audit: RecordingAudit
    target: str
    channel: grpc.aio.Channel
    rights: StillRights

    @property
    def stream(self) -> Any:
        return MutationStreamStub(self.channel)

    @property
    def registers(self) -> Any:
        return RegisterServiceStub(self.channel)

    def connect(self) -> grpc.aio.Channel:
        """A connection of its own."""
        return grpc.aio.insecure_channel(self.target, options=[("grpc.use_local_subchannel_pool", 1)])

    async def new_register(self, *codes: str) -> str:
        """An empty register with these dossier types: one mutation per code."""
        number = next(_OWNERS)
        stub: Any = AdministrationServiceStub(self.channel)
        await stub.CreateRegister(
            CreateRegisterRequest(enterprise_number=number, name="Fictitious"), metadata=metadata(number)
        )
        for code in codes:
            await self.registers.CreateDossierType(
                registers_v1.CreateDossierTypeRequest(dossier_type=dossier_type_pb2.DossierType(code=code)),
                metadata=metadata(number),
            )
        return number

    async def inscribe(self, register: str, niss: str, code: str, *years: int) -> int:
        """Write one batch, a line per year; returns the revision."""
        operations = [
            registers_v1.BatchOperation(
                inscribe=inscription_pb2.Inscription(
                    niss=niss, dossier_type=code, period=Period(begin=f"{year}-01-01", end=f"{year}-06-30")
                )
            )
            for year in years
        ]
        answer = await self.registers.ApplyBatch(
            registers_v1.ApplyBatchRequest(operations=operations), metadata=metadata(register)
        )
        revision: int = answer.revision
        return revision


@asynccontextmanager
async def stream_harness(
    engine: AsyncEngine,
    reading: AsyncEngine,
    *,
    limits: DispatcherLimits | None = None,
    notifications: Notifications | None = None,
    identify: Identify = development_identity,
    source: AuthenticSource | None = None,
) -> AsyncIterator[StreamHarness]:
    """Serve while the block lasts; several on one database behave like several processes."""
    pages = Pages(FernetPageSeal(await page_seal_key(engine)))
    store, write_limits = PostgresWriteStore(engine), WriteLimits()
    source = source or StructureSource()
    reads, registers, audit = PostgresReadStore(reading), PostgresRegisterStore(reading), RecordingAudit()
    logs = CountingLogs(reading)
    streaming = FeedService(
        logs,
        reads,
        PostgresSubscribers(reading),
        notifications or PostgresNotifications(reading),
        source,
        pages,
        StreamMessages(),
        limits,
    )
    write_queues = WriteQueues(store, write_limits, streaming.committed)
    unused = cast(Any, None)
    use_cases = UseCases(
        write=WriteOperations(write_queues, store, source, NoIdentities(), write_limits),
        imports=unused,
        dossier_types=ManageDossierTypes(write_queues, store, pages),
        consult=Consult(reads, source, UnchangingNumbers(), pages),
        history=History(reads, registers, source, pages),
        explain=ExplainDossier(reads, source, UnchangingNumbers()),
        check=unused,
        routing=unused,
        stale=unused,
        registers=Registers(registers, pages),
        rights=RightsUseCases(*(unused for _ in fields(RightsUseCases))),
        stream=streaming,
        usage=unused,
        audit=unused,
    )
    rights = await known_rights()
    access = AccessControl(registers, audit, declared_permissions(SERVICES), rights)
    raas_server = build_server(use_cases, access, identify, listen="127.0.0.1:0", profile=NissProfile.TEST)
    background = asyncio.create_task(streaming.run(fail))
    await raas_server.start()
    raas_server.health.tell(True)
    target = f"127.0.0.1:{raas_server.port}"
    try:
        # The answer to a batch contains complete dossiers; messages of a stream fit in any case.
        options = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            yield StreamHarness(raas_server, streaming, logs, audit, target, channel, rights)
    finally:
        await streaming.close()
        await raas_server.stop(5)
        await write_queues.drained()
        background.cancel()
        await asyncio.wait([background])
        assert background.cancelled(), background.exception()
