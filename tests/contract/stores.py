"""The stores under the contract: in memory and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.domain.persons.record import Person, RegisterOfOrigin
from raas.memory.authentic_source import MemoryAuthenticSource
from raas.memory.billing import MemoryBillingStore
from raas.memory.log import MemoryLogStore
from raas.memory.niss_history import MemoryNissHistory
from raas.memory.person_writes import MemoryPersonWriteStore
from raas.memory.read_store import MemoryReadStore
from raas.memory.registers import MemoryRegisterStore
from raas.memory.restrictions import MemoryRestrictionStore
from raas.memory.rights import MemoryRights
from raas.memory.state import MemoryState
from raas.memory.subscribers import MemorySubscriberStore
from raas.memory.trim import MemoryTrimStore
from raas.memory.write_store import MemoryWriteStore
from raas.storage.audit.log import AuditLog
from raas.storage.billing.store import PostgresBillingStore
from raas.storage.log.reader import PostgresLogs
from raas.storage.log.subscribers import PostgresSubscribers
from raas.storage.maintenance.restrictions import PostgresRestrictionStore
from raas.storage.maintenance.trim import PostgresTrims
from raas.storage.persons.local_source import LocalSource
from raas.storage.persons.niss_history import PostgresNissHistory
from raas.storage.persons.store import PostgresPersonStore
from raas.storage.persons.transaction import PostgresPersonWriteStore
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.rights.reader import PostgresRightsReader
from raas.storage.rights.store import PostgresRightsStore
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.billing import BillingStore
from raas.usecases.ports.log import LogStore
from raas.usecases.ports.maintenance import TrimStore
from raas.usecases.ports.niss_history import NissHistory
from raas.usecases.ports.persons import PersonWriteStore
from raas.usecases.ports.registers import RegisterStore
from raas.usecases.ports.restrictions import RestrictionStore
from raas.usecases.ports.rights import RightsReader, RightsStore
from raas.usecases.ports.subscriber_store import SubscriberStore
from raas.usecases.ports.write_store import WriteStore


@dataclass(frozen=True)
class Stores:
    """One implementation of every port, on one state."""

    registers: RegisterStore
    writes: WriteStore
    reads: MemoryReadStore | PostgresReadStore
    logs: LogStore
    subscribers: SubscriberStore
    trims: TrimStore
    person_writes: PersonWriteStore
    source: AuthenticSource
    niss_history: NissHistory
    restrictions: RestrictionStore
    rights: RightsStore
    rights_reader: Callable[[], RightsReader]
    add_persons: Callable[[Sequence[Niss]], Awaitable[object]]
    """Make numbers known to the authentic source, as active."""
    new_billing: Callable[[], BillingStore]
    """The store of usage as another process has it; in memory there is one process."""


def memory_stores() -> Stores:
    """The stores in memory, empty."""

    async def known_already(nisses: Sequence[Niss]) -> None:
        """The source in memory knows every number."""

    state = MemoryState()
    billing = MemoryBillingStore(state)
    subscribers, rights = MemorySubscriberStore(state), MemoryRights()
    return Stores(
        MemoryRegisterStore(state),
        MemoryWriteStore(state),
        MemoryReadStore(state),
        MemoryLogStore(state),
        subscribers,
        MemoryTrimStore(state, subscribers),
        MemoryPersonWriteStore(state),
        MemoryAuthenticSource(state),
        MemoryNissHistory(state),
        MemoryRestrictionStore(state),
        rights,
        rights.reader,
        known_already,
        lambda: billing,
    )


def postgres_stores(
    engine: AsyncEngine, reading: AsyncEngine, dsn: str, log: AuditLog | None = None
) -> Stores:
    """The stores on a database; with `log` its write transactions carry audit records."""
    persons = PostgresPersonStore(engine, reading)
    return Stores(
        PostgresRegisterStore(reading),
        PostgresWriteStore(engine, log=log),
        PostgresReadStore(reading),
        PostgresLogs(reading),
        PostgresSubscribers(reading),
        PostgresTrims(engine, reading),
        PostgresPersonWriteStore(engine, log=log),
        LocalSource(reading),
        PostgresNissHistory(reading),
        PostgresRestrictionStore(reading),
        PostgresRightsStore(engine, reading),
        lambda: PostgresRightsReader(dsn),
        lambda nisses: persons.add([Person(niss, RegisterOfOrigin.BIS, Identity()) for niss in nisses], None),
        lambda: PostgresBillingStore(reading),
    )
