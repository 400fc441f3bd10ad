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
from raas.domain.niss import NissProfile
from raas.rpc.identity import development_identity
from raas.rpc.server import Door, build_server
from raas.rpc.verbs import Verbs
from raas.rpc.wire.stream_messages import StreamMessages
from raas.usecases.alteration import Alterations
from raas.usecases.check import CheckInscriptions
from raas.usecases.consult import Consult
from raas.usecases.dossier_types import DossierTypeVerbs
from raas.usecases.explaining import ExplainDossier
from raas.usecases.gate import Gate
from raas.usecases.history import History
from raas.usecases.importing import Imports
from raas.usecases.lane import Lanes
from raas.usecases.lane_batch import LaneLimits
from raas.usecases.paging import Pages
from raas.usecases.person_change import PersonChangeStore
from raas.usecases.ports import Visit
from raas.usecases.registers import Registers
from raas.usecases.routing import FindRegisters
from raas.usecases.stale import StaleNiss
from raas.usecases.streaming import Streaming
from raas.usecases.write_operations import WriteOperations
from raas_client.testing.identities import FakeIdentities
from raas_client.testing.logs import MemoryLogs, MemorySubscribers, NobodyElse
from raas_client.testing.reading import FakeSource, MemoryReads, MemoryRegisters
from raas_client.testing.state import World
from raas_client.testing.writing import MemoryPersonChanges, MemoryWrites


@dataclass(frozen=True, slots=True)
class Serving:
    """A fake server while it serves."""

    door: Door
    streaming: Streaming
    alterations: Alterations


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
    def record(self, visit: Visit) -> None:
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
        identities, limits = FakeIdentities(world), LaneLimits()
        streaming = Streaming(
            MemoryLogs(world), reads, self._subscribers, NobodyElse(), source, pages, StreamMessages()
        )
        lanes = Lanes(writes, limits, streaming.committed)
        verbs = Verbs(
            write=WriteOperations(lanes, writes, source, identities, limits),
            imports=Imports(lanes, writes, source, identities),
            dossier_types=DossierTypeVerbs(lanes, writes, pages),
            consult=Consult(reads, source, pages),
            history=History(reads, self.registers, source, pages),
            explain=ExplainDossier(reads, source),
            check=CheckInscriptions(reads, source, _now),
            routing=FindRegisters(reads, source, _now),
            stale=StaleNiss(reads, source, pages),
            registers=Registers(self.registers, pages),
            stream=streaming,
        )
        gate = Gate(self.registers, _NothingKept())
        door = build_server(verbs, gate, development_identity, listen=listen, profile=self._profile)
        # A fake keeps no records of persons: of the contract, what concerns registers is there.
        changes = cast(PersonChangeStore, MemoryPersonChanges(world))
        alterations = Alterations(changes, limits.max_lines_per_dossier, streaming.committed)
        running = asyncio.create_task(streaming.run())
        await door.start()
        await door.serving(True)
        try:
            yield Serving(door, streaming, alterations)
        finally:
            await streaming.close()
            await door.stop(0.2)
            await lanes.drained()
            running.cancel()
            await asyncio.wait([running])


def _now() -> datetime:
    return datetime.now(UTC)
