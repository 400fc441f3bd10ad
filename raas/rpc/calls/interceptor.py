"""The one interceptor every call passes: call id, identity, metadata, deadline, errors, measurement.

It wraps the behaviour of a handler, not only the finding of it, so that an error raised in the middle
of a stream is answered like any other. It also decodes requests and encodes responses: bytes that are
no message are then a refusal like any other too.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, NoReturn, Protocol, TypeAlias
from uuid import UUID, uuid4

import grpc
import grpc.aio
import structlog

from raas.domain.errors import Category
from raas.rpc.calls.context import RequestContext, enter
from raas.rpc.calls.errors import Refusal, past_deadline, refusal, violations_of
from raas.rpc.calls.fault_trace import fault_trace
from raas.rpc.calls.identity import Identify
from raas.rpc.calls.metadata import CALL_ID, read_metadata
from raas.usecases.calls.call import Call

OWN_PACKAGE = "/raas."
STATUS_DETAILS = "grpc-status-details-bin"

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_Pairs: TypeAlias = "Sequence[tuple[str, str | bytes]]"
_Continuation: TypeAlias = "Callable[[grpc.HandlerCallDetails], Awaitable[_Handler | None]]"

_log = structlog.get_logger("raas.rpc")
_monotonic = time.monotonic
_metadata: ContextVar[_Pairs] = ContextVar("metadata")


class Observer(Protocol):
    """Is told of every call once it is answered."""

    def answered(self, rpc: str, status: str, seconds: float) -> None:
        """A call of `rpc` (`/raas.v1.RegisterService/Inscribe`) ended with `status` (`OK`)."""


class CallInterceptor(grpc.aio.ServerInterceptor):
    """Interceptor of all services of RaaS; health and reflection pass it untouched."""

    def __init__(self, identify: Identify, observer: Observer | None = None) -> None:
        self._identify = identify
        self._observer = observer
        self._wrapped: dict[str, _Handler] = {}

    async def intercept_service(
        self, continuation: _Continuation, handler_call_details: grpc.HandlerCallDetails
    ) -> _Handler | None:
        """The wrapped handler of the method; the same one for all its calls."""
        rpc = handler_call_details.method
        # The handler runs in this task too; asking its context for the metadata would make them anew.
        _metadata.set(handler_call_details.invocation_metadata or ())
        wrapped = self._wrapped.get(rpc)
        if wrapped is None:
            handler = await continuation(handler_call_details)
            if not rpc.startswith(OWN_PACKAGE):
                return handler
            if handler is None:
                # Not kept: names that callers make up must not fill the memory.
                return grpc.stream_stream_rpc_method_handler(_no_such_method)
            wrapped = self._wrapped[rpc] = self._wrap(rpc, handler)
        return wrapped

    def _wrap(self, rpc: str, handler: Any) -> _Handler:
        # Any: the published types of handlers are those of synchronous ones.
        encode = handler.response_serializer
        if handler.request_streaming:
            # The contract has no RPC of many requests and one answer. Requests are decoded as the servicer
            # reads them, which is inside the wrapped behaviour.
            return grpc.stream_stream_rpc_method_handler(
                self._responding(rpc, handler.stream_stream, encode), handler.request_deserializer
            )
        decode = handler.request_deserializer
        if handler.response_streaming:
            behave = handler.unary_stream
            return grpc.unary_stream_rpc_method_handler(
                self._responding(rpc, lambda raw, context: behave(decode(raw), context), encode)
            )
        return grpc.unary_unary_rpc_method_handler(self._answering(rpc, handler.unary_unary, decode, encode))

    def _answering(
        self,
        rpc: str,
        behave: Callable[[Any, _Context], Awaitable[Any]],
        decode: Callable[[bytes], Any],
        encode: Callable[[Any], bytes],
    ) -> Callable[[bytes, _Context], Awaitable[bytes]]:
        async def answer(raw: bytes, context: _Context) -> bytes:
            began = _monotonic()
            status = "CANCELLED"
            call_id = uuid4()
            call: Call | None = None
            try:
                call = self._enter(rpc, context, call_id)
                response = await behave(decode(raw), context)
                # A servicer may write its message down itself.
                written: bytes = response if isinstance(response, bytes) else encode(response)
                status = "OK"
                return written
            except grpc.aio.BaseError:
                # gRPC itself ends the call: aborted already, or the caller is gone.
                raise
            except Exception as error:
                refused = _refusal(rpc, call_id, error, call)
                status = refused.code.name
            finally:
                if self._observer is not None:
                    self._observer.answered(rpc, status, _monotonic() - began)
            await _abort(context, call_id, refused)

        return answer

    def _responding(
        self,
        rpc: str,
        behave: Callable[[Any, _Context], Any],
        encode: Callable[[Any], bytes],
    ) -> Callable[[Any, _Context], Awaitable[None]]:
        async def respond(requests: Any, context: _Context) -> None:
            began = _monotonic()
            status = "CANCELLED"
            call_id = uuid4()
            call: Call | None = None
            try:
                call = self._enter(rpc, context, call_id)
                # Closed here and now when the caller goes away, not whenever it is collected as garbage.
                async with aclosing(behave(requests, context)) as responses:
                    async for response in responses:
                        await context.write(response if isinstance(response, bytes) else encode(response))
                status = "OK"
                return
            except grpc.aio.BaseError:
                raise
            except Exception as error:
                refused = _refusal(rpc, call_id, error, call)
                status = refused.code.name
            finally:
                if self._observer is not None:
                    self._observer.answered(rpc, status, _monotonic() - began)
            await _abort(context, call_id, refused)

        return respond

    def _enter(self, rpc: str, context: _Context, call_id: UUID) -> Call:
        """Make the call known to the servicer. Raises Refused when the caller cannot be identified."""
        context.set_trailing_metadata(((CALL_ID, str(call_id)),))
        pairs = _metadata.get()
        caller = self._identify(context, pairs)
        metadata = read_metadata(pairs)
        remaining = context.time_remaining()
        deadline = float("inf") if remaining is None else _monotonic() + remaining
        call = Call(
            caller, call_id, rpc, metadata.language, metadata.legal_context, metadata.ticket, deadline
        )
        enter(RequestContext(call, metadata.faults))
        return call


async def _no_such_method(_: AsyncIterator[bytes], context: _Context) -> None:
    await context.abort(grpc.StatusCode.UNIMPLEMENTED, "There is no such method.", ((CALL_ID, str(uuid4())),))


async def _abort(context: _Context, call_id: UUID, refused: Refusal) -> NoReturn:
    trailers = ((CALL_ID, str(call_id)), (STATUS_DETAILS, refused.details))
    await context.abort(refused.code, refused.message, trailers)


def _refusal(rpc: str, call_id: UUID, error: Exception, call: Call | None) -> Refusal:
    violations = violations_of(error)
    category = violations[0].reason.category
    if category is Category.UNAVAILABLE and call is not None and call.expired:
        # gRPC tells the caller the same when it is the first to notice.
        return past_deadline(call_id)
    if category is Category.INTERNAL:
        _log.error("call failed", rpc=rpc, call_id=str(call_id), fault=fault_trace(error))
    elif category is Category.UNAVAILABLE:
        _log.warning("call not served", rpc=rpc, call_id=str(call_id), cause=type(error).__name__)
    return refusal(violations, call_id, read_metadata(_metadata.get()).language)
