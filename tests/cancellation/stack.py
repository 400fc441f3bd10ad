"""All servicers on PostgreSQL, and calls that are cancelled at each await."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from google.protobuf.json_format import ParseDict
from google.protobuf.message_factory import GetMessageClass
from sqlalchemy.ext.asyncio import AsyncEngine

from raas import composition
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import NissProfile
from raas.maintenance.database import migrate
from raas.ops.metrics import Metrics
from raas.ops.page_seal import FernetPageSeal
from raas.ops.settings import Settings
from raas.rpc.calls.context import RequestContext, enter
from raas.rpc.calls.permissions import declared_permissions
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.catalogue import SERVICES, service_handlers
from raas.rpc.services.use_cases import RightsUseCases, UseCases
from raas.storage.billing.store import PostgresBillingStore
from raas.storage.connection.database import open_database
from raas.storage.connection.secrets import page_seal_key
from raas.storage.reads.registers import PostgresRegisterStore
from raas.storage.rights.store import PostgresRightsStore
from raas.usecases.calls.access import AccessControl
from raas.usecases.calls.call import Call, Caller
from raas.usecases.calls.pagination import Pages
from raas.usecases.writes.queue import WriteQueues
from raas.wiring.persons import Persons
from tests.engines import close
from tests.memory.audit import RecordingAudit
from tests.rights import known_rights

OWN = EnterpriseNumber(999999922)
# The owner of a register needs no break-glass.
_CALLERS = {"/raas.v1.AdministrationService/BreakGlass": EnterpriseNumber(206731645)}
POOL = 3
METHODS = {f"/{service.full_name}/{rpc.name}": rpc for service in SERVICES for rpc in service.methods}


@dataclass(frozen=True)
class Stack:
    """The use cases, their engines, and the servicer method of every RPC."""

    dsn: str
    engines: Sequence[AsyncEngine]
    use_cases: UseCases
    access: AccessControl
    handlers: Mapping[str, Any]
    write_queues: WriteQueues

    async def call(self, rpc: str, *documents: dict[str, Any]) -> list[Any]:
        """The answers to one call, of a stream the first one."""
        caller = Caller(_CALLERS.get(rpc, OWN), all_rights=True)
        enter(RequestContext(Call(caller, uuid4(), rpc), ()))
        handler, kind = self.handlers[rpc], GetMessageClass(METHODS[rpc].input_type)
        messages = [ParseDict(document, kind()) for document in documents]
        if handler.unary_unary:
            return [await handler.unary_unary(messages[0], None)]
        behave = handler.stream_stream or handler.unary_stream
        answers = behave(_sent(messages) if handler.stream_stream else messages[0], None)
        try:
            async for answer in answers:
                return [answer]
            return []
        finally:
            await answers.aclose()

    async def idle(self) -> None:
        """Wait until every connection is back in its pool."""
        await self.write_queues.drained()
        async with asyncio.timeout(60):
            while any(engine.pool.checkedout() for engine in self.engines):  # type: ignore[attr-defined]
                await asyncio.sleep(0.005)

    def sessions(self) -> int:
        """The sessions that PostgreSQL has for this stack."""
        with psycopg.connect(self.dsn, application_name="test") as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'raas'"
            ).fetchone()
        return row[0] if row else 0


@asynccontextmanager
async def open_stack(dsn: str) -> AsyncIterator[Stack]:
    await asyncio.to_thread(migrate, dsn)
    writing, reading = open_database(dsn, size=POOL), open_database(dsn, size=POOL, autocommit=True)
    try:
        yield await _stack(dsn, writing, reading)
    finally:
        await close(writing)
        await close(reading)


async def _stack(dsn: str, writing: AsyncEngine, reading: AsyncEngine) -> Stack:
    settings = Settings(niss_profile="test", database_url=dsn, development_identity=True)
    pages = Pages(FernetPageSeal(await page_seal_key(writing)))
    persons = Persons(settings, writing, reading, None, None)
    feed = composition.change_feed(reading, persons, pages)
    store, limits = composition.write_store_of(settings, writing), composition.write_limits_of(settings)
    write_queues = composition.write_queues_of(store, limits, feed, Metrics())
    rights = await known_rights()
    granting = RightsUseCases.on(PostgresRightsStore(writing, reading), rights, store, write_queues, pages)
    billing = PostgresBillingStore(reading)
    use_cases = composition.use_cases_of(
        settings, store, limits, reading, persons, pages, feed, write_queues, granting, billing
    )
    registers = PostgresRegisterStore(reading)
    access = AccessControl(registers, RecordingAudit(), declared_permissions(SERVICES), rights)
    generic = service_handlers(use_cases, RequestScopes(access, NissProfile.TEST))
    handlers = {rpc: _handler(generic, rpc) for rpc in METHODS}
    return Stack(dsn, (writing, reading), use_cases, access, handlers, write_queues)


@dataclass(frozen=True)
class _Details:
    method: str
    invocation_metadata: tuple[()] = ()


def _handler(generic: Sequence[Any], rpc: str) -> Any:
    return next(found for each in generic if (found := each.service(_Details(rpc))) is not None)


async def _sent(messages: Sequence[Any]) -> AsyncIterator[Any]:
    for message in messages:
        yield message


async def cancelled_at(step: int, work: Coroutine[Any, Any, Any], *, repeatedly: bool) -> bool:
    """Run work and cancel it at its n-th await, or at this and every later one.

    Answers whether it came that far.
    """
    reached = False

    def cancel() -> None:
        nonlocal reached
        reached = True
        task.cancel()

    task = asyncio.create_task(_stepwise(work, step, cancel, repeatedly=repeatedly))
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()  # a refusal, or none
    return reached


@types.coroutine
def _stepwise(
    work: Coroutine[Any, Any, Any], step: int, cancel: Callable[[], None], *, repeatedly: bool
) -> Generator[Any, Any, Any]:
    error: BaseException | None = None
    while True:
        try:
            awaited = work.send(None) if error is None else work.throw(error)
        except StopIteration as end:
            return end.value
        step -= 1
        if step == 0 or (step < 0 and repeatedly):
            asyncio.get_running_loop().call_soon(cancel)
        error = None
        try:
            yield awaited
        except BaseException as raised:
            error = raised
