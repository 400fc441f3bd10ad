"""The composition of a server: connects the stores, the use cases and the gRPC layer."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.environment import Environment
from raas.domain.numbers.enterprise_number import parse_enterprise_number
from raas.domain.numbers.niss import NissProfile
from raas.ops.metrics import Metrics
from raas.ops.settings import Settings
from raas.rpc.calls.permissions import declared_permissions, rpcs_in_legal_contexts
from raas.rpc.server import RaasServer, build_listeners
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import RightsUseCases, UseCases
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.storage.audit.log import AuditLog
from raas.storage.audit.search import PostgresAuditSearch
from raas.storage.billing.store import PostgresBillingStore
from raas.storage.connection.clock import ClockGuard
from raas.storage.log.notifications import PostgresNotifications
from raas.storage.log.reader import PostgresLogs
from raas.storage.log.subscribers import PostgresSubscribers
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.reads.store import PostgresReadStore
from raas.storage.rights.reader import PostgresRightsReader
from raas.storage.writes.store import PostgresWriteStore
from raas.usecases.admin.registers import Registers
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.billing.list_usage import ListUsage
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.audit.call_audit import RecordKeeper
from raas.usecases.calls.pagination import Pages
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.feed.service import FeedService
from raas.usecases.inspection.list_records import ListAuditRecords
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
from raas.wiring.identity import Identity
from raas.wiring.limits import Limits
from raas.wiring.persons import Persons


def change_feed(reading: AsyncEngine, persons: Persons, pages: Pages) -> FeedService:
    """The change feed over the log of the database."""
    return FeedService(
        PostgresLogs(reading),
        # A snapshot is the whole state from which the mutations of the stream go on.
        PostgresReadStore(reading).showing_restricted(),
        PostgresSubscribers(reading),
        PostgresNotifications(reading),
        persons.source,
        pages,
        StreamMessages(),
    )


def write_limits_of(settings: Settings) -> WriteLimits:
    """How much one write takes."""
    return WriteLimits(max_lines_per_dossier=settings.max_lines)


def write_store_of(
    settings: Settings, writing: AsyncEngine, audit_log: AuditLog | None = None
) -> PostgresWriteStore:
    """The store for writes of one register."""
    return PostgresWriteStore(writing, ClockGuard(settings.accept_record_times_until), audit_log)


def rights_of(settings: Settings, dsn: str) -> RightsCache:
    """The rights of callers as this process knows them."""
    administrators = frozenset(map(parse_enterprise_number, settings.administrators))
    return RightsCache(PostgresRightsReader(dsn), administrators)


def write_queues_of(
    store: PostgresWriteStore, limits: WriteLimits, feed: FeedService, metrics: Metrics
) -> WriteQueues:
    """The write queues of this process, measured by `metrics`."""
    write_queues = WriteQueues(store, limits, feed.committed)
    metrics.watch(
        "raas_write_queue_operations",
        "Operations that wait in the write queues.",
        write_queues.waiting_operations,
    )
    return write_queues


def use_cases_of(
    settings: Settings,
    store: PostgresWriteStore,
    limits: WriteLimits,
    reading: AsyncEngine,
    persons: Persons,
    pages: Pages,
    feed: FeedService,
    write_queues: WriteQueues,
    rights: RightsUseCases,
    billing: PostgresBillingStore,
) -> UseCases:
    """Every use case of the services, on the stores of the database."""
    source, identities = persons.source, persons.identities
    reads, registers = PostgresReadStore(reading), PostgresRegisterStore(reading)
    return UseCases(
        write=WriteOperations(write_queues, store, source, identities, limits, persons.claim_limits),
        imports=Imports(write_queues, store, source, identities, persons.claim_limits),
        dossier_types=ManageDossierTypes(write_queues, store, pages),
        consult=Consult(reads, source, persons.history, pages),
        history=History(reads, registers, source, pages),
        explain=ExplainDossier(reads, source, persons.history),
        check=CheckInscriptions(reads, source, persons.history, _now),
        routing=FindRegisters(reads, source, persons.history, _now),
        stale=StaleNiss(reads, source, pages),
        registers=Registers(registers, pages),
        rights=rights,
        stream=feed,
        usage=ListUsage(billing, pages),
        audit=ListAuditRecords(PostgresAuditSearch(reading), reads, PostgresLogs(reading), source, pages),
        persons=persons.use_cases(_profile(settings), feed.committed),
        environment=settings.environment or Environment.TEST,
    )


def server_of(
    settings: Settings,
    identity: Identity,
    reading: AsyncEngine,
    use_cases: UseCases,
    rights: RightsCache,
    metrics: Metrics,
    limits: Limits,
    billing: BillingCounter,
    keeper: RecordKeeper | None,
    *,
    share_port: bool,
) -> RaasServer:
    """The gRPC server on the listeners of `identity`, bound but not started."""
    return build_listeners(
        use_cases,
        AccessControl(
            PostgresRegisterStore(reading),
            keeper,
            declared_permissions(SERVICES),
            rights,
            rpcs_in_legal_contexts(SERVICES) if settings.legal_contexts_required else (),
            admissions_required=settings.admissions_required,
        ),
        identity.listeners,
        health_listen=settings.listen_health,
        profile=_profile(settings),
        observer=metrics,
        share_port=share_port,
        call_limits=limits.calls,
        budgets=limits.budgets,
        billing=billing,
    )


def _profile(settings: Settings) -> NissProfile:
    return NissProfile[settings.niss_profile.upper()]


def _now() -> datetime:
    return datetime.now(UTC)
