"""A server on the store in memory: the real services and use cases without a database or PersonService."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from raas.domain.calendar.day import brussels_day
from raas.domain.errors import Reason, Violation, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, parse_enterprise_number
from raas.domain.numbers.niss import Niss, NissProfile
from raas.domain.persons.identity import Identity
from raas.domain.persons.stored_identity import changed_fields
from raas.domain.registers.mutation import Stamp
from raas.memory.audit.search import MemoryAuditSearch
from raas.memory.audit.store import MemoryAuditStore
from raas.memory.authentic_source import MemoryAuthenticSource, MemoryIdentitySource
from raas.memory.billing import MemoryBillingStore
from raas.memory.log import MemoryLogStore, NoNotifications
from raas.memory.niss_history import MemoryNissHistory
from raas.memory.person_writes import MemoryPersonWriteStore
from raas.memory.read_store import MemoryReadStore
from raas.memory.registers import MemoryRegisterStore
from raas.memory.rights import MemoryRights
from raas.memory.state import MemoryState, RegisterState
from raas.memory.subscribers import MemorySubscriberStore
from raas.memory.trim import MemoryTrimStore
from raas.memory.write_store import MemoryWriteStore
from raas.rpc.calls.identity.identify import Identify, development_identity
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.server import build_server
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import RightsUseCases, UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.rpc.wire.persons.identities import read_identity
from raas.usecases.admin.registers import Registers
from raas.usecases.billing.list_usage import ListUsage
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.feed.service import FeedService
from raas.usecases.inspection.list_records import ListAuditRecords
from raas.usecases.persons.identity_news import record_identity_change
from raas.usecases.persons.replacement_rules import cancel_niss, replace_niss, restore_niss
from raas.usecases.persons.transaction import PersonTransaction, PersonTransactions
from raas.usecases.reads.check import CheckInscriptions
from raas.usecases.reads.consult import Consult
from raas.usecases.reads.explain import ExplainDossier
from raas.usecases.reads.find_registers import FindRegisters
from raas.usecases.reads.history import History
from raas.usecases.reads.stale_niss import StaleNiss
from raas.usecases.recording.recorder import AuditRecorder
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import Imports
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from raas.v1 import identity_pb2

_GRACE_SECONDS = 0.2


class MemoryServer:
    """A server whose registers outlast its outages: `serving` may be entered again and again.

    Its authentic source knows every number and no identity until told otherwise. Identities and the status of
    numbers change through the methods here, for there is no PersonService; they need a server that serves.
    """

    def __init__(
        self, profile: NissProfile = NissProfile.TEST, identify: Identify = development_identity
    ) -> None:
        self._profile = profile
        self._identify = identify
        self.state = MemoryState()
        self._registers = MemoryRegisterStore(self.state)
        self._subscribers = MemorySubscriberStore(self.state)
        self._trims = MemoryTrimStore(self.state, self._subscribers)
        self._pages = Pages(_KeptTokens())
        self.rights = MemoryRights()
        self._transactions: PersonTransactions | None = None
        self.audit = MemoryAuditStore(self.state.audit)

    @asynccontextmanager
    async def serving(self, listen: str) -> AsyncIterator[int]:
        """Serve on an address while the block lasts; yields the port.

        At the end of the block open streams end with UNAVAILABLE.
        """
        state, pages, limits = self.state, self._pages, WriteLimits()
        reads, writes, source = MemoryReadStore(state), MemoryWriteStore(state), MemoryAuthenticSource(state)
        history = MemoryNissHistory(state)
        identities = MemoryIdentitySource(state)
        feed = FeedService(
            MemoryLogStore(state),
            reads.showing_restricted(),
            self._subscribers,
            NoNotifications(),
            source,
            pages,
            StreamMessages(),
        )
        queues = WriteQueues(writes, limits, feed.committed)
        rights = RightsCache(self.rights.reader())
        use_cases = UseCases(
            write=WriteOperations(queues, writes, source, identities, limits),
            imports=Imports(queues, writes, source, identities),
            dossier_types=ManageDossierTypes(queues, writes, pages),
            consult=Consult(reads, source, history, pages),
            history=History(reads, self._registers, source, pages),
            explain=ExplainDossier(reads, source, history),
            check=CheckInscriptions(reads, source, history, _now),
            routing=FindRegisters(reads, source, history, _now),
            stale=StaleNiss(reads, source, pages),
            registers=Registers(self._registers, pages),
            rights=RightsUseCases.on(self.rights, rights, writes, queues, pages),
            stream=feed,
            usage=ListUsage(MemoryBillingStore(state), pages),
            audit=ListAuditRecords(
                MemoryAuditSearch(state, self.rights), reads, MemoryLogStore(state), source, pages
            ),
        )
        recorder = AuditRecorder(self.audit)
        access = AccessControl(self._registers, recorder, declared_permissions(SERVICES), rights)
        server = build_server(use_cases, access, self._identify, listen=listen, profile=self._profile)
        changes = MemoryPersonWriteStore(state)
        self._transactions = PersonTransactions(changes, limits.max_lines_per_dossier, feed.committed)
        running = [asyncio.create_task(feed.run(_fail)), asyncio.create_task(rights.run())]
        running.append(asyncio.create_task(recorder.run()))
        await server.start()
        server.health.tell(True)
        try:
            yield server.port
        finally:
            self._transactions = None
            await feed.close()
            await server.stop(_GRACE_SECONDS)
            await queues.drained()
            await recorder.close()
            for task in running:
                task.cancel()
            await asyncio.wait(running)

    async def create_register(self, enterprise_number: str, name: str) -> None:
        """A new, empty register. Raises Refused REGISTER_EXISTS."""
        await self._registers.create(parse_enterprise_number(enterprise_number), name)

    # ---- the authentic source -------------------------------------------------------------------

    async def forget(self, *nisses: str) -> None:
        """Make these numbers unknown to the authentic source."""
        self.state.unknown.update(Niss(int(niss)) for niss in nisses)

    async def identify(self, niss: str, message: identity_pb2.Identity, effective_date: int | None) -> None:
        """Set the identity of a person; subscribers learn of a change according to the dossier types.

        Raises ValueError where the authentic source could not hold the identity.
        """
        now = _identity_of(message)
        final = self.state.final(Niss(int(niss)))

        async def change(transaction: PersonTransaction, stamp: Stamp) -> None:
            before = self.state.identities.get(final)
            self.state.identities[final] = now
            if before is not None and (changed := changed_fields(before, now)):
                await record_identity_change(transaction, final, before, now, changed, effective_date, stamp)

        await self._change([final], change)

    async def replace_niss(self, niss: str, successor: str) -> None:
        """Replace a number by another: its dossiers move."""
        old, new = Niss(int(niss)), Niss(int(successor))

        async def change(transaction: PersonTransaction, stamp: Stamp) -> None:
            replace_niss(transaction, old, new, stamp)

        await self._change([old, new], change)

    async def restore_niss(self, niss: str) -> None:
        """Undo the replacement or the cancellation of a number."""

        async def change(transaction: PersonTransaction, stamp: Stamp) -> None:
            restore_niss(transaction, Niss(int(niss)), stamp)

        await self._change([Niss(int(niss))], change)

    async def cancel_niss(self, niss: str) -> None:
        """Cancel a number without a successor."""

        async def change(transaction: PersonTransaction, stamp: Stamp) -> None:
            cancel_niss(transaction, Niss(int(niss)), stamp)

        await self._change([Niss(int(niss))], change)

    # ---- maintenance ----------------------------------------------------------------------------

    async def trim(self, enterprise_number: str, before_revision: int) -> None:
        """Trim the mutations before a revision, up to the end of an indivisible group."""
        register = self._register(enterprise_number)
        await self._trims.step(register.id, before_revision, register.revision, None)

    async def renew_log(self, enterprise_number: str) -> None:
        """Give the log another id, as after a restore from a backup."""
        await self._trims.renew([self._register(enterprise_number).id])

    def _register(self, enterprise_number: str) -> RegisterState:
        register = self.state.register_of(parse_enterprise_number(enterprise_number))
        if register is None:
            raise ValueError(f"there is no register of {enterprise_number}")
        return register

    async def _change(
        self,
        nisses: Collection[Niss],
        change: Callable[[PersonTransaction, Stamp], Coroutine[Any, Any, None]],
    ) -> None:
        if self._transactions is None:
            raise RuntimeError("the server in memory does not serve")
        async with self._transactions.begin(nisses) as transaction:
            await change(transaction, Stamp(_SOURCE, uuid4()))
            await transaction.commit()


_SOURCE = EnterpriseNumber(999999922)
"""The actor of changes of persons: a fictitious organisation."""


class _KeptTokens:
    """The PageSeal of a single process: the contents of tokens stay here."""

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


def _identity_of(message: identity_pb2.Identity) -> Identity:
    violations: list[Violation] = []
    identity = read_identity(message, brussels_day(_now()), violations)
    if violations:
        raise ValueError("; ".join(f"{each.field}: {each.reason.name}" for each in violations))
    return identity


def _fail(task: str, error: Exception, restart_seconds: float) -> None:
    """Receive the failure of a background task; nothing is restarted."""
    raise error


def _now() -> datetime:
    return datetime.now(UTC)
