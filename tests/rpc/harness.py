"""A gRPC server on a real port, with the real write use cases on a store in memory and scripted reads."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2

from raas.domain.audit.chain import register_chain
from raas.domain.audit.record import AuditRecord
from raas.domain.errors import Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss, NissProfile
from raas.domain.registers.register import Register
from raas.memory.audit.search import MemoryAuditSearch
from raas.memory.billing import MemoryBillingStore
from raas.memory.log import MemoryLogStore
from raas.memory.read_store import MemoryReadStore
from raas.memory.registers import MemoryRegisterStore
from raas.memory.rights import MemoryRights
from raas.rpc.calls.identity.identify import Identify, development_identity
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.server import RaasServer, build_server
from raas.rpc.services.catalogue import SERVICES
from raas.rpc.services.use_cases import RightsUseCases, UseCases
from raas.usecases.admin.registers import Registers
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.billing.list_usage import ListUsage
from raas.usecases.billing.recorder import BillingRecorder
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.pagination import Pages, page_token_invalid
from raas.usecases.calls.rights_cache import RightsCache
from raas.usecases.inspection.list_records import ListAuditRecords
from raas.usecases.limits.budgets import Budgets
from raas.usecases.limits.call_limits import CallLimits
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.dossier_types import ManageDossierTypes
from raas.usecases.writes.imports import Imports
from raas.usecases.writes.operations import WriteOperations
from raas.usecases.writes.queue import WriteQueues
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.memory.audit import RecordingAudit
from tests.memory.source import FaultySource
from tests.memory.write_store import MemoryStore
from tests.oracle import numbers
from tests.planted import planted_values_in

T = TypeVar("T")

OWN = "0999999922"
OTHER = numbers.enterprise_number(9999998)
NOBODY = numbers.enterprise_number(9999997)
ANN = numbers.niss(1985, 67, 30, 33)
BOB = numbers.niss(2017, 67, 3, 33)
MOVED = numbers.niss(1990, 61, 1, 7)
"""Replaced by ANN."""
GONE = numbers.niss(1991, 61, 1, 7)
"""Cancelled."""
NEVER = numbers.niss(1992, 61, 1, 7)
"""Unknown to the source."""
COUNTED_AT = datetime(2026, 5, 15, tzinfo=UTC)
"""The time at which all usage is counted: no month turns while a test runs."""
TYPES = ("HEALTH", "PENSION")
LOG = UUID("5f0c3c52-6a0e-4c55-9d0a-0f4be4f5a9a1")
CALLER = (("raas-enterprise-number", OWN),)


def new_source() -> FaultySource:
    """An authentic source that knows everybody but NEVER."""
    ann, moved, gone, never = (Niss(int(niss)) for niss in (ANN, MOVED, GONE, NEVER))
    return FaultySource(replaced={moved: ann}, cancelled=[gone], unknown=[never])


class OpenSeal:
    """Page tokens that hide nothing."""

    def seal(self, content: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()

    def open(self, token: str) -> Mapping[str, Any]:
        try:
            return cast(Mapping[str, Any], json.loads(base64.urlsafe_b64decode(token)))
        except ValueError:
            raise page_token_invalid() from None


class CountingRegisters(MemoryRegisterStore):
    """The registers in memory; counts how often it is asked."""

    asked = 0
    answer: Register | None = None
    """Found instead of the register in memory."""
    before: Callable[[], Awaitable[None]] | None = None
    """Awaited before a register is looked up."""

    async def find(self, number: EnterpriseNumber) -> Register | None:
        self.asked += 1
        if self.before is not None:
            await self.before()
        return self.answer or await super().find(number)

    async def ids_of(self, numbers: Sequence[EnterpriseNumber]) -> Mapping[EnterpriseNumber, int]:
        self.asked += 1
        return await super().ids_of(numbers)


A_REGISTER = Register(
    1,
    EnterpriseNumber(int(OWN)),
    "A register",
    LOG,
    7,
    1,
    datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    3,
    12,
    b"\x01" * 32,
    datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
)


class Scripted:
    """A use case that returns (or raises) what the test set, and keeps the arguments of its calls."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.answer: Any = None
        self.found: Sequence[Violation] = ()
        """The violations that it reports in a refused request."""

    async def page(self, *asked: Any) -> Any:
        self.asked.append(asked)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer

    decide = explain = find = page

    async def violations(self, *asked: Any) -> Sequence[Violation]:
        return self.found

    async def export(self, *asked: Any) -> AsyncIterator[Any]:
        self.asked.append(asked)
        for part in self.answer:
            if isinstance(part, BaseException):
                raise part
            yield part


@dataclass
class Observed:
    """The calls that the interceptor reported."""

    calls: list[tuple[str, str]] = field(default_factory=list)

    def answered(self, rpc: str, status: str, seconds: float) -> None:
        assert seconds >= 0
        self.calls.append((rpc.rpartition("/")[2], status))


@dataclass
class Harness:
    """The server, everything behind it, and stubs to call it."""

    store: MemoryStore
    registers: CountingRegisters
    source: FaultySource
    audit: RecordingAudit
    observed: Observed
    consult: Scripted
    history: Scripted
    explain: Scripted
    check: Scripted
    routing: Scripted
    stale: Scripted
    raas_server: RaasServer
    channel: grpc.aio.Channel
    rights: MemoryRights
    billing: BillingRecorder
    """Stores what was counted when a test says so."""

    @property
    def stub(self) -> Any:
        return RegisterServiceStub(self.channel)

    def written(self, register: str) -> list[AuditRecord]:
        """The audit records that transactions kept in the chain of a register."""
        chains = self.store.state.audit.chains
        kept = chains.get(register_chain(EnterpriseNumber(int(register))), [])
        return [stored.record for stored in kept if stored.record is not None]

    @property
    def administration(self) -> Any:
        return AdministrationServiceStub(self.channel)


@asynccontextmanager
async def open_harness(
    identify: Identify = development_identity,
    administrators: frozenset[EnterpriseNumber] = frozenset(),
    *,
    call_limits: CallLimits | None = None,
    budgets: Budgets | None = None,
    admissions_required: bool = False,
) -> AsyncIterator[Harness]:
    """A server that runs until the block is left."""
    store, source, audit, observed = MemoryStore(*TYPES), new_source(), RecordingAudit(), Observed()
    store.add_register(EnterpriseNumber(int(OTHER)))
    registers = CountingRegisters(store.state)
    limits = WriteLimits()
    write_queues, pages = WriteQueues(store, limits), Pages(OpenSeal())
    granted = MemoryRights()
    rights = RightsCache(granted.reader(), administrators)
    stored_usage = MemoryBillingStore(store.state, lambda: COUNTED_AT)
    counter = BillingCounter(COUNTED_AT.timestamp)
    reads = [Scripted() for _ in range(6)]
    consult, history, explain, check, routing, stale = (cast(Any, each) for each in reads)
    use_cases = UseCases(
        WriteOperations(write_queues, store, source, NoIdentities(), limits),
        Imports(write_queues, store, source, NoIdentities()),
        ManageDossierTypes(write_queues, store, pages),
        consult,
        history,
        explain,
        check,
        routing,
        stale,
        Registers(registers, pages),
        RightsUseCases.on(granted, rights, store, write_queues, pages),
        cast(Any, SimpleNamespace(subscriptions=Scripted(), listing=Scripted(), subscribers=Scripted())),
        ListUsage(stored_usage, pages, lambda: COUNTED_AT),
        ListAuditRecords(
            MemoryAuditSearch(store.state, granted),
            MemoryReadStore(store.state),
            MemoryLogStore(store.state),
            source,
            pages,
        ),
    )
    raas_server = build_server(
        use_cases,
        AccessControl(
            registers,
            audit,
            declared_permissions(SERVICES),
            rights,
            admissions_required=admissions_required,
        ),
        identify,
        listen="127.0.0.1:0",
        profile=NissProfile.TEST,
        observer=observed,
        call_limits=call_limits,
        budgets=budgets,
        billing=counter,
    )
    following = asyncio.create_task(rights.run())
    await raas_server.start()
    raas_server.health.tell(True)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{raas_server.port}") as channel:
        billing = BillingRecorder(counter, stored_usage)
        yield Harness(
            store, registers, source, audit, observed, *reads, raas_server, channel, granted, billing
        )
    await raas_server.stop(1)
    following.cancel()
    await asyncio.wait([following])


@dataclass(frozen=True)
class Refusal:
    """The status and the details of a refusal."""

    status: str
    message: str
    info: error_details_pb2.ErrorInfo
    violations: list[tuple[str, str]]
    descriptions: list[str]
    request_id: str
    retry: bool
    details_size: int
    call_id: str


async def with_its_status(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call that streams requests, again while grpc.aio loses its status.

    Where a call ends while a message is being written, it is INTERNAL or seems cancelled instead:
    https://github.com/grpc/grpc/issues/36066.
    """
    task = asyncio.current_task()
    assert task is not None
    while True:
        try:
            return await call()
        except grpc.aio.AioRpcError as error:
            if error.details() != "Internal error from Core":
                raise
        except asyncio.CancelledError:
            if task.cancelling():
                raise


def told(error: grpc.RpcError) -> Refusal:
    """The refusal in an error of a call."""
    call = cast(Any, error)
    trailers = dict(call.trailing_metadata())
    raw = trailers.get("grpc-status-details-bin", b"")
    status = status_pb2.Status.FromString(raw)
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    request, retry = error_details_pb2.RequestInfo(), error_details_pb2.RetryInfo()
    retried = False
    for detail in status.details:
        for message in (info, bad, request):
            detail.Unpack(message)
        retried = retried or detail.Unpack(retry)
    values = (value for key, value in info.metadata.items() if not key.endswith("successor"))
    for written in (call.details() or "", *values, *(each.description for each in bad.field_violations)):
        assert planted_values_in(written) == set(), written
    return Refusal(
        call.code().name,
        call.details(),
        info,
        [(each.field, each.reason) for each in bad.field_violations],
        [each.description for each in bad.field_violations],
        request.request_id,
        retried,
        len(raw),
        str(trailers.get("raas-call-id", "")),
    )
