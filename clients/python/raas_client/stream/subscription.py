"""Following a register for as long as one likes, over as many connections as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import grpc
import grpc.aio

from raas.v1.mutation_stream_pb2 import AcknowledgeRequest, SubscribeRequest
from raas_client.calls.failures import may_pass
from raas_client.calls.invoke import Calls, read
from raas_client.calls.outage import Outage
from raas_client.checkpoints.checkpoint import Checkpoint, CheckpointStore
from raas_client.errors import CallFailed, DeadlineExceeded, RaasError
from raas_client.stream.events import Event
from raas_client.stream.reader import StreamReading
from raas_client.stream.starts import Start, begin_at

_HEARTBEATS_MISSED = 3
"""A stream that was silent for so many intervals is given up and made anew."""

_ACKNOWLEDGE_SECONDS = 10.0


class Subscription:
    """The events of a register, in order: `async for event in subscription`.

    Asking for the next event says that the one before has been dealt with: only then is its checkpoint
    saved, and acknowledged for a named subscriber. Leave the loop early by `break` and the event at hand
    comes again. A connection that is lost is made anew and goes on behind the last event.

    Raises RevisionExpired, LogReplaced, RevisionInFuture when there is no going on: begin again with a
    snapshot. Raises StreamBroken when the stream has a hole, and any other Refused as it is.
    """

    def __init__(
        self,
        calls: Calls,
        wanted: SubscribeRequest,
        start: Start,
        checkpoints: CheckpointStore | None,
        heartbeat_seconds: float,
    ) -> None:
        self._calls = calls
        self._wanted = wanted
        self._place: Start = start
        self._checkpoints = checkpoints
        self._silence = heartbeat_seconds * _HEARTBEATS_MISSED
        self._outage = Outage(calls.retries, calls.patience.outage_seconds)
        self._acknowledged_at = float("-inf")
        self._begun = False

    @property
    def checkpoint(self) -> Checkpoint | None:
        """Where the reader stands: behind the last event that was dealt with."""
        return self._place if isinstance(self._place, Checkpoint) else None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self.events()

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events, without end; close the generator to end the stream at once."""
        if not self._begun and self._checkpoints is not None:
            self._place = await self._checkpoints.load() or self._place
        self._begun = True
        while True:
            async with aclosing(self._connected()) as events:
                try:
                    async for event in events:
                        self._outage.over()
                        yield event
                        self._place = event.checkpoint
                        await self._dealt_with(event.checkpoint)
                except grpc.aio.AioRpcError as error:
                    lost: grpc.aio.AioRpcError | RaasError = error
                except DeadlineExceeded as error:
                    # Whoever sends no bookmark in time is taken for gone.
                    lost = CallFailed(str(error), grpc.StatusCode.UNAVAILABLE)
                else:
                    lost = CallFailed("the server ended the stream", grpc.StatusCode.UNAVAILABLE)
            await self._outage.wait(lost)

    async def _connected(self) -> AsyncGenerator[Event, None]:
        request = SubscribeRequest()
        request.CopyFrom(self._wanted)
        begin_at(request, self._place)
        reading = StreamReading(self._place, whole=not (request.dossier_types or request.kinds))
        with self._calls.connection.streaming() as stubs:
            call = stubs.stream.Subscribe(request, metadata=self._calls.caller.metadata)
            try:
                while (answer := await read(call, self._silence)) is not None:
                    event = reading.event(answer)
                    if event is not None:
                        yield event
            finally:
                call.cancel()

    async def _dealt_with(self, checkpoint: Checkpoint) -> None:
        if self._checkpoints is not None:
            await self._checkpoints.save(checkpoint)
        if not self._wanted.HasField("subscriber") or checkpoint.resume_token is not None:
            return
        now = asyncio.get_running_loop().time()
        if now < self._acknowledged_at + _ACKNOWLEDGE_SECONDS:
            return
        request = AcknowledgeRequest(
            register=self._calls.register,
            subscriber=self._wanted.subscriber,
            revision=checkpoint.revision,
            log_id=checkpoint.log_id,
        )
        try:
            await self._calls.unary(self._calls.stubs.stream.Acknowledge, request)
        except RaasError as error:
            if not may_pass(error):
                raise
        self._acknowledged_at = now
