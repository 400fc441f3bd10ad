"""Subscriptions: the events of a register, over as many connections as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import grpc
import grpc.aio

from raas.v1.mutation_stream_pb2 import AcknowledgeRequest, SubscribeRequest
from raas_client.calls.attempt import Attempt
from raas_client.calls.failures import may_pass
from raas_client.calls.invoke import Calls, read
from raas_client.calls.outage import Outage
from raas_client.checkpoints.checkpoint import Checkpoint, CheckpointStore, filter_hash
from raas_client.errors import CallFailed, CredentialUnavailable, DeadlineExceeded, FilterChanged, RaasError
from raas_client.stream.events import Event
from raas_client.stream.reader import StreamReading
from raas_client.stream.starts import Start, begin_at

_HEARTBEATS_MISSED = 3
"""Heartbeats after which a silent stream is replaced by a new one."""

_ACKNOWLEDGE_SECONDS = 10.0


class Subscription:
    """The events of a register, in order: `async for event in subscription`.

    Asking for the next event means that the previous one was processed: only then is its checkpoint saved,
    and acknowledged for a named subscriber, at most every 10 seconds. After a `break` the current event
    comes again. A lost connection is replaced, and the events continue after the last one; the same holds
    when the certificate or the token of the caller expires and was renewed.

    Raises RevisionExpired, LogReplaced or RevisionInFuture where the log cannot be continued: begin again
    with a snapshot. Raises FilterChanged for a checkpoint of other filters, StreamBroken where the stream
    has a gap, CredentialExpired when there is no newer credential, CallFailed after an outage of
    `outage_seconds`, and any other Refused.
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
        self._outage = Outage(calls)
        self._acknowledged_at = float("-inf")
        self._begun = False
        self._filter_hash = filter_hash(wanted.dossier_types, wanted.kinds)

    @property
    def checkpoint(self) -> Checkpoint | None:
        """The place of the reader: after the last event that was processed; None = not known yet."""
        return self._place if isinstance(self._place, Checkpoint) else None

    def __aiter__(self) -> AsyncIterator[Event]:
        return self.events()

    async def events(self) -> AsyncGenerator[Event, None]:
        """The events; endless. Close the generator to end the stream at once."""
        if not self._begun and self._checkpoints is not None:
            self._place = await self._checkpoints.load() or self._place
        self._begun = True
        if self.checkpoint and self.checkpoint.filter_hash not in (None, self._filter_hash):
            raise FilterChanged
        while True:
            attempt = None
            lost: grpc.aio.AioRpcError | RaasError | None = None
            try:
                with self._calls.stream(await self._calls.token()) as attempt:
                    async with aclosing(self._connected(attempt)) as events:
                        async for event in events:
                            self._outage.over()
                            yield event
                            self._place = event.checkpoint
                            await self._dealt_with(event.checkpoint)
                            if self._calls.identity.outdated(attempt):
                                break
                        else:
                            lost = CallFailed("the server ended the stream", grpc.StatusCode.UNAVAILABLE)
            except (grpc.aio.AioRpcError, CredentialUnavailable) as error:
                lost = error
            except DeadlineExceeded as error:
                # A server that sends no bookmark in time is lost.
                lost = CallFailed(str(error), grpc.StatusCode.UNAVAILABLE)
            if lost is not None:
                await self._outage.wait(lost, attempt)

    async def _connected(self, attempt: Attempt) -> AsyncGenerator[Event, None]:
        request = SubscribeRequest()
        request.CopyFrom(self._wanted)
        begin_at(request, self._place)
        whole = not (request.dossier_types or request.kinds)
        reading = StreamReading(self._place, whole=whole, filter_hash=self._filter_hash)
        call = attempt.stubs.stream.Subscribe(request, metadata=attempt.metadata)
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
            await self._calls.unary(lambda stubs: stubs.stream.Acknowledge, request)
        except RaasError as error:
            if not may_pass(error):
                raise
        self._acknowledged_at = now
