"""The interceptor of every call: call id, identity, metadata, limits, deadline, errors, measurement.

It wraps the behaviour of a handler, not only the lookup of it, so that an error raised in the middle of a
stream is answered like any other. It also parses requests, so that bytes that are no message, or too many of
them, are refused like anything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Protocol, TypeAlias
from uuid import UUID, uuid4

import grpc
import grpc.aio

from raas.concurrency.detached import complete
from raas.domain.errors import Refused
from raas.rpc.calls.closing import Closing
from raas.rpc.calls.context import RequestContext, current, enter
from raas.rpc.calls.identity.expiry import while_identified
from raas.rpc.calls.identity.identify import Identify
from raas.rpc.calls.metadata import CALL_ID, read_metadata
from raas.rpc.calls.refusals import (
    NO_SUCH_METHOD,
    UNAVAILABLE,
    Pairs,
    refusal_of,
    refuse,
    refuse_unavailable,
)
from raas.rpc.calls.request_reader import ParsedRequests, RequestReader
from raas.rpc.calls.stream_guard import StreamGuard
from raas.rpc.calls.unidentified import unidentified
from raas.rpc.calls.usage.billing import CallTally, RpcBilling, Unbilled
from raas.rpc.calls.usage.limiting import RpcLimits, Unlimited
from raas.rpc.wire.limits import MessageLimits
from raas.usecases.calls.audit.call_audit import CallAudit
from raas.usecases.calls.call import Call
from raas.usecases.limits.usage import CallerUsage

OWN_PACKAGE = "/raas."

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]]"

_monotonic = time.monotonic
_UNLIMITED, _UNBILLED = Unlimited(), Unbilled()
_metadata: ContextVar[Pairs] = ContextVar("metadata")


class Observer(Protocol):
    """Receives every call once it is answered."""

    def answered(self, rpc: str, status: str, seconds: float) -> None:
        """A call of `rpc` (`/raas.v1.RegisterService/Inscribe`) ended with `status` (`OK`)."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """The interceptor of all services; health and reflection need no identity.

    `limits` are those of the requests, by the full name of the RPC. `audit` records the calls before their
    answers leave; None = they are not recorded. `closing` turns away the calls of a server that stops.
    `caller_limits` has what callers may ask of each RPC, and `billing` what counts its calls; one that is not
    in them is not limited, or not counted.
    """

    def __init__(
        self,
        identify: Identify,
        limits: Mapping[str, MessageLimits],
        audit: CallAudit | None,
        observer: Observer | None = None,
        closing: Closing | None = None,
        caller_limits: Mapping[str, RpcLimits] | None = None,
        billing: Mapping[str, RpcBilling] | None = None,
    ) -> None:
        self._identify = identify
        self._closing = closing or Closing()
        self._limits = limits
        self._audit = audit
        self._observer = observer
        self._caller_limits = caller_limits or {}
        self._billing = billing or {}
        self._wrapped: dict[str, _Handler] = {}

    async def intercept_service(
        self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> _Handler | None:
        """The wrapped handler of the method; the same one for all its calls."""
        rpc = handler_call_details.method
        # The handler runs in this task too; asking its context for the metadata would make them anew.
        _metadata.set(handler_call_details.invocation_metadata or ())
        if rpc.startswith(OWN_PACKAGE) and await self._closing.refuses():
            return UNAVAILABLE
        wrapped = self._wrapped.get(rpc)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if handler is None:
                # Not kept: names that callers make up must not fill the memory.
                return NO_SUCH_METHOD
            wrap = self._wrap if rpc.startswith(OWN_PACKAGE) else unidentified
            wrapped = self._wrapped[rpc] = wrap(rpc, handler)
        return wrapped

    def _wrap(self, rpc: str, handler: Any) -> _Handler:
        # Any: the published types of handlers are those of synchronous ones.
        reader = RequestReader(self._limits[rpc], handler.request_deserializer)
        encode, limits = handler.response_serializer, self._caller_limits.get(rpc, _UNLIMITED)
        billing = self._billing.get(rpc, _UNBILLED)
        if handler.request_streaming:
            # The contract has no RPC of many requests and one answer.
            behave = handler.stream_stream

            async def stream(
                requests: AsyncIterator[bytes],
                call: Call,
                guard: StreamGuard,
                usage: CallerUsage | None,
                context: _Context,
            ) -> Any:
                tally = current().tally

                async def admit(request: Any) -> None:
                    await limits.await_items(usage, request)
                    billing.received(tally, request)

                return behave(ParsedRequests(reader, requests, guard, admit), context)

            return grpc.stream_stream_rpc_method_handler(self._responding(rpc, stream, encode))
        if handler.response_streaming:
            answer = handler.unary_stream

            async def respond(
                raw: bytes, call: Call, _: StreamGuard, usage: CallerUsage | None, context: _Context
            ) -> Any:
                request = await reader.read(raw)
                await limits.take_items(usage, request)
                billing.received(current().tally, request)
                return answer(request, context)

            return grpc.unary_stream_rpc_method_handler(self._responding(rpc, respond, encode))
        return grpc.unary_unary_rpc_method_handler(self._answering(rpc, handler.unary_unary, reader, encode))

    def _answering(
        self,
        rpc: str,
        behave: Callable[[Any, _Context], Awaitable[Any]],
        reader: RequestReader,
        encode: Callable[[Any], bytes],
    ) -> Callable[[bytes, _Context], Awaitable[bytes]]:
        limits, billing = self._caller_limits.get(rpc, _UNLIMITED), self._billing.get(rpc, _UNBILLED)
        audit = self._audit

        async def answer(raw: bytes, context: _Context) -> bytes:
            began = _monotonic()
            status = "CANCELLED"
            call_id = uuid4()
            call: Call | None = None
            tally: CallTally | None = None
            usage: CallerUsage | None = None
            task = self._closing.enter()
            try:
                call = self._enter(rpc, context, call_id)
                tally = current().tally
                usage = await limits.begin_call(call)
                request = await reader.read(raw)
                await limits.take_items(usage, request)
                billing.received(tally, request)
                response = encode(await behave(request, context))
                if audit is not None:
                    await audit.answered(call)
                status = "OK"
                return response
            except grpc.aio.BaseError:
                # gRPC itself ends the call: the caller is gone.
                self._abandoned(call)
                raise
            except asyncio.CancelledError:
                self._abandoned(call)
                if not self._closing.expired:
                    raise
                status = refuse_unavailable(context, call_id, _metadata.get())
                return b""
            except Exception as error:
                if audit is not None:
                    error = await audit.refused(rpc, context.peer(), call, error)
                refused = refusal_of(rpc, call_id, error, call, _metadata.get())
                status = refuse(context, call_id, refused)
                return b""
            finally:
                limits.end_call(usage)
                if tally is not None and call is not None:
                    billing.ended(call, tally, status)
                self._closing.running.discard(task)
                if self._observer is not None:
                    self._observer.answered(rpc, status, _monotonic() - began)

        return answer

    def _responding(
        self,
        rpc: str,
        behave: Callable[[Any, Call, StreamGuard, CallerUsage | None, _Context], Awaitable[Any]],
        encode: Callable[[Any], bytes],
    ) -> Callable[[Any, _Context], Awaitable[None]]:
        limits, billing = self._caller_limits.get(rpc, _UNLIMITED), self._billing.get(rpc, _UNBILLED)
        audit = self._audit

        async def respond(requests: Any, context: _Context) -> None:
            began = _monotonic()
            status = "CANCELLED"
            call_id = uuid4()
            call: Call | None = None
            tally: CallTally | None = None
            usage: CallerUsage | None = None
            task = self._closing.enter()
            try:
                guard = StreamGuard()
                call = self._enter(rpc, context, call_id, guard)
                pairs, tally = _metadata.get(), current().tally
                usage = await limits.begin_stream(call)
                # Closed here and now when the caller goes away, not whenever it is collected as garbage.
                async with (
                    while_identified(call.caller.credential, lambda: self._identify(context, pairs)),
                    guard,
                    aclosing(await behave(requests, call, guard, usage, context)) as responses,
                ):
                    headers_sent = False
                    async for response in responses:
                        if not headers_sent:
                            # gRPC sends the headers with the first message, and again with the status where
                            # writing that message was cancelled: it fails, and the stream never ends.
                            await complete(context.send_initial_metadata(()))
                            headers_sent = True
                        await guard.fresh()
                        guard.require_contents()
                        await context.write(encode(response))
                        billing.sent(call, tally)
                if audit is not None:
                    await audit.answered(call)
                status = "OK"
            except grpc.aio.BaseError:
                self._abandoned(call)
                raise
            except asyncio.CancelledError:
                self._abandoned(call)
                if not self._closing.expired:
                    raise
                status = refuse_unavailable(context, call_id, _metadata.get())
            except Exception as error:
                if audit is not None:
                    error = await audit.refused(rpc, context.peer(), call, error)
                refused = refusal_of(rpc, call_id, error, call, _metadata.get())
                status = refuse(context, call_id, refused)
            finally:
                limits.end_stream(usage)
                if tally is not None and call is not None:
                    billing.ended(call, tally, status)
                self._closing.running.discard(task)
                if self._observer is not None:
                    self._observer.answered(rpc, status, _monotonic() - began)

        return respond

    def _abandoned(self, call: Call | None) -> None:
        """Record a call of which nothing more is answered."""
        if self._audit is not None:
            self._audit.abandoned(call)

    def _enter(self, rpc: str, context: _Context, call_id: UUID, guard: StreamGuard | None = None) -> Call:
        """Make the call known to the servicer. Raises Refused when the caller cannot be identified."""
        context.set_trailing_metadata(((CALL_ID, str(call_id)),))
        pairs = _metadata.get()
        caller = self._identify(context, pairs)
        metadata = read_metadata(pairs)
        if metadata.unidentified:
            raise Refused(metadata.unidentified)
        if metadata.on_behalf_of not in (None, caller.enterprise_number):
            caller = replace(caller, on_behalf_of=metadata.on_behalf_of)
        remaining = context.time_remaining()
        deadline = float("inf") if remaining is None else _monotonic() + remaining
        call = Call(
            caller,
            call_id,
            rpc,
            metadata.language,
            metadata.legal_context,
            metadata.ticket,
            deadline,
            metadata.end_user,
            *((context.peer(), self._audit.begin()) if self._audit is not None else ()),
        )
        enter(RequestContext(call, metadata.faults, guard))
        return call
