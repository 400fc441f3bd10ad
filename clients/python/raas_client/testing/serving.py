"""The fake server: the real front door and the real verbs, on what is held in memory."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.niss import NissProfile
from raas.memory.identities import FakeIdentities
from raas.memory.log import MemoryLogs, MemorySubscribers, NobodyElse
from raas.memory.reads import FakeSource, MemoryReads, MemoryRegisters
from raas.memory.state import World
from raas.memory.writes import MemoryPersonChanges, MemoryWrites
from raas.rpc.calls.identity import development_identity
from raas.rpc.server import RaasServer, build_server
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.usecases.admin.registers import Registers
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.service import FeedService
from raas.usecases.persons.transaction import PersonTransactions
from raas.usecases.ports.audit import AuditRecord
from raas.usecases.ports.person_change import PersonWriteStore
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


@dataclass(frozen=True, slots=True)
class Serving:
    """A fake server while it serves."""

    raas_server: RaasServer
    streaming: FeedService
    transactions: PersonTransactions


class KeptTokens:
    """The PageSeal of a fake: what tokens carry stays here."""

    def __init__(self) -> None:
        self._kept: dict[str, Mapping[str, Any]] = {}

    def seal(self, content: Mapping[str, Any]) -> str:
        """A token for `content`."""
        token = secrets.token_urlsafe(16)
        self._kept[token] = content
        return token

    def open(self, token: str) -> Mapping[str, Any]:
        """The content of a token. Raises Refused PAGE_TOKEN_INVALID."""
        if token not in self._kept:
            raise refuse(Reason.PAGE_TOKEN_INVALID, "page_token")
        return self._kept[token]


class _NothingKept:
    def record(self, audit_scope: AuditRecord) -> None:
        """Take no note."""


class Backstage:
    """What outlasts an outage of the fake server."""

    def __init__(self, profile: NissProfile) -> None:
        self.world = World()
        self.registers = MemoryRegisters(self.world)
        self._subscribers = MemorySubscribers(self.world)
        self._pages = Pages(KeptTokens())
        self._profile = profile

    @asynccontextmanager
    async def serving(self, listen: str) -> AsyncIterator[Serving]:
        """Serve on an address while the block lasts; streams under way end with UNAVAILABLE."""
        world, pages = self.world, self._pages
        reads, writes, source = MemoryReads(world), MemoryWrites(world), FakeSource(world)
        identities, limits = FakeIdentities(world), WriteLimits()
        streaming = FeedService(
            MemoryLogs(world), reads, self._subscribers, NobodyElse(), source, pages, StreamMessages()
        )
        write_queues = WriteQueues(writes, limits, streaming.committed)
        use_cases = UseCases(
            write=WriteOperations(write_queues, writes, source, identities, limits),
            imports=Imports(write_queues, writes, source, identities),
            dossier_types=ManageDossierTypes(write_queues, writes, pages),
            consult=Consult(reads, source, pages),
            history=History(reads, self.registers, source, pages),
            explain=ExplainDossier(reads, source),
            check=CheckInscriptions(reads, source, _now),
            routing=FindRegisters(reads, source, _now),
            stale=StaleNiss(reads, source, pages),
            registers=Registers(self.registers, pages),
            stream=streaming,
        )
        access = AccessControl(self.registers, _NothingKept())
        raas_server = build_server(
            use_cases, access, development_identity, listen=listen, profile=self._profile
        )
        # A fake keeps no records of persons: of the contract, what concerns registers is there.
        changes = cast(PersonWriteStore, MemoryPersonChanges(world))
        transactions = PersonTransactions(changes, limits.max_lines_per_dossier, streaming.committed)
        running = asyncio.create_task(streaming.run())
        await raas_server.start()
        await raas_server.serving(True)
        try:
            yield Serving(raas_server, streaming, transactions)
        finally:
            await streaming.close()
            await raas_server.stop(0.2)
            await write_queues.drained()
            running.cancel()
            await asyncio.wait([running])


def _now() -> datetime:
    return datetime.now(UTC)
