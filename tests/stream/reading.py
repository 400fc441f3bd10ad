"""Subscribers and writers that record everything that happens to them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import grpc.aio

from raas.v1 import mutation_stream_pb2 as v1
from raas.v1 import register_service_pb2 as registers_v1
from raas.v1.inscription_pb2 import InscribeOutcome, Inscription, Removal, RemoveOutcome
from raas.v1.mutation_pb2 import Mutation
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.oracle import numbers
from tests.stream.history import (
    Answered,
    Begun,
    Ended,
    Marked,
    Mutations,
    Part,
    Record,
    State,
    Subscriber,
    lines_of,
)

Channels = Callable[[], grpc.aio.Channel]
"""A channel to any server that runs; the caller closes it."""

_PAUSE_SECONDS = 0.05

# Ignored when a server dies or has not started; any other status is a fault of the server.
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    # The connection was cut in the middle of a frame.
    grpc.StatusCode.UNKNOWN,
}


def metadata(register: str) -> tuple[tuple[str, str], ...]:
    """The owner of the register calls."""
    return (("raas-enterprise-number", register),)


class Reader:
    """A subscriber that resumes where it was, from connection to connection."""

    def __init__(
        self,
        register: str,
        subscriber: Subscriber,
        *,
        snapshot: bool = False,
        stall: Callable[[], float] = lambda: 0.0,
        connection_seconds: Callable[[], float] = lambda: 3600.0,
    ) -> None:
        self.subscriber = subscriber
        self.through: int | None = None
        self._register = register
        self._snapshot = snapshot
        self._token: str | None = None
        self._log_id: str | None = None
        self._stall = stall
        self._connection_seconds = connection_seconds

    async def read(self, channels: Channels, until: asyncio.Future[int]) -> None:
        """Read until everything through the revision that `until` will give has been received."""
        while not self._done(until):
            async with channels() as channel:
                try:
                    await self._connection(channel, until)
                except grpc.aio.AioRpcError as error:
                    self.subscriber.events.append(Ended(error.code().name))
                    if error.code() not in PASSING:
                        raise
            await asyncio.sleep(_PAUSE_SECONDS)

    def _done(self, until: asyncio.Future[int]) -> bool:
        return until.done() and self.through is not None and self.through >= until.result()

    async def _connection(self, channel: grpc.aio.Channel, until: asyncio.Future[int]) -> None:
        request = v1.SubscribeRequest(
            dossier_types=sorted(self.subscriber.types),
            kinds=sorted(self.subscriber.kinds),  # type: ignore[arg-type]
            log_id=self._log_id,
        )
        request.heartbeat_interval.seconds = 1
        events = self.subscriber.events
        if self.through is not None:
            request.after_revision = self.through
            events.append(Begun(self.through))
        elif self._snapshot:
            request.snapshot.SetInParent()
            if self._token is not None:
                request.snapshot.resume_token = self._token
            events.append(Begun(None, resumes_snapshot=self._token is not None))
        else:
            request.after_revision = 0
            events.append(Begun(0))
        seconds = self._connection_seconds()
        call = MutationStreamStub(channel).Subscribe(
            request, metadata=metadata(self._register), timeout=seconds
        )
        async for response in call:
            self._received(response)
            if self._done(until):
                call.cancel()
                return
            if pause := self._stall():
                await asyncio.sleep(pause)

    def _received(self, response: v1.SubscribeResponse) -> None:
        self._log_id = response.log_id
        events = self.subscriber.events
        match response.WhichOneof("content"):
            case "snapshot":
                self._token = response.snapshot.resume_token
                events.append(Part(response.snapshot.dossiers, response.snapshot.revision))
            case "mutations":
                events.append(Mutations(response.mutations.mutations, response.mutations.through_revision))
                self.through = response.mutations.through_revision
            case "bookmark":
                mark = response.bookmark
                time = mark.record_time.seconds * 1_000_000 + mark.record_time.nanos // 1_000
                events.append(Marked(mark.revision, mark.snapshot_complete, mark.checksum, time))
                self.through = mark.revision
            case other:
                raise AssertionError(f"a message of {other}")


PEOPLE = [numbers.niss(1950 + i // 300, 61, 1 + i % 28, 1 + i % 300) for i in range(60)]


async def write_for(
    channels: Channels, register: str, codes: Sequence[str], seed: int, enough: Callable[[], bool]
) -> list[Answered]:
    """Make single calls and batches at random until enough; returns the answers. Lost calls are ignored."""
    chance = random.Random(seed)
    received: list[Answered] = []
    while not enough():
        async with channels() as channel:
            stub = RegisterServiceStub(channel)
            try:
                while not enough():
                    received += await _write(stub, register, codes, chance)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
        await asyncio.sleep(_PAUSE_SECONDS)
    return received


async def _write(stub: Any, register: str, codes: Sequence[str], chance: random.Random) -> list[Answered]:
    size = 1 if chance.random() < 0.7 else chance.randint(2, 30)
    operations = [_operation(codes, chance) for _ in range(size)]
    try:
        answer = await stub.ApplyBatch(
            registers_v1.ApplyBatchRequest(operations=operations), metadata=metadata(register), timeout=20
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
            raise
        return []  # one of the numbers is cancelled at this moment
    received = []
    changes = sum(_changed(result) for result in answer.results)
    revision = answer.revision - changes
    for result in answer.results:
        revision += _changed(result)
        dossier = _outcome(result).dossier
        received.append(
            Answered(
                revision if _changed(result) else answer.revision,
                (dossier.niss, dossier.dossier_type),
                lines_of(dossier.periods),
                _changed(result),
            )
        )
    return received


def _operation(codes: Sequence[str], chance: random.Random) -> registers_v1.BatchOperation:
    niss, code = chance.choice(PEOPLE), chance.choice(codes)
    begin = f"{chance.randint(2015, 2024)}-{chance.randint(1, 12):02}-01"
    end = f"{int(begin[:4]) + chance.randint(0, 2)}-12-31"
    period = Period(begin=begin, end=end)
    if chance.random() < 0.6:
        inscription = Inscription(niss=niss, dossier_type=code, period=period)
        return registers_v1.BatchOperation(inscribe=inscription)
    return registers_v1.BatchOperation(remove=Removal(niss=niss, dossier_type=code, period=period))


def _outcome(result: registers_v1.BatchResult) -> registers_v1.InscribeResponse | registers_v1.RemoveResponse:
    return result.inscribe if result.HasField("inscribe") else result.remove


def _changed(result: registers_v1.BatchResult) -> bool:
    outcome = _outcome(result)
    kind = InscribeOutcome if isinstance(outcome, registers_v1.InscribeResponse) else RemoveOutcome
    return not kind.Name(outcome.outcome).endswith("_UNCHANGED")  # type: ignore[arg-type]


async def whole_log(channel: grpc.aio.Channel, register: str, after: int = 0) -> list[Mutation]:
    """All mutations that the log still has, by ListMutations."""
    stub = MutationStreamStub(channel)
    log: list[Mutation] = []
    request = v1.ListMutationsRequest(after_revision=after, page_size=1_000)
    while True:
        page = await stub.ListMutations(request, metadata=metadata(register))
        log += page.mutations
        request.after_revision, request.page_token = page.through_revision, page.next_page_token
        if page.through_revision == page.latest_revision:
            return log


async def exported(channel: grpc.aio.Channel, register: str, at_revision: int | None = None) -> State:
    """The register by Export, now or as of a revision."""
    state: State = {}
    request = registers_v1.ExportRequest(at_revision=at_revision)
    call = RegisterServiceStub(channel).Export(request, metadata=metadata(register))
    async for response in call:
        state |= {(d.niss, d.dossier_type): lines_of(d.periods) for d in response.dossiers}
    return state


async def record_of(
    channel: grpc.aio.Channel,
    register: str,
    writers: Sequence[Sequence[Answered]],
    subscribers: Sequence[Subscriber],
) -> Record:
    """The record of a run after its end: nobody writes any more."""
    answer = await RegisterServiceStub(channel).GetRegister(
        registers_v1.GetRegisterRequest(), metadata=metadata(register)
    )
    oldest = answer.register.oldest_revision
    return Record(
        register,
        await whole_log(channel, register, oldest),
        await exported(channel, register),
        answer.register.checksum,
        [answered for writer in writers for answered in writer],
        list(subscribers),
        oldest,
    )
