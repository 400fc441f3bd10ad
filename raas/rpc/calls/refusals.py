"""Refusals as the status of a call, with the details of the error in its trailers.

A refusal is set as the status of the call, not raised by `context.abort`: gRPC keeps the exception that it
raises, and with it every frame of the call and the request, until the collector of cycles runs.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import grpc
import grpc.aio
import structlog

from raas.domain.errors import Category, Reason, Violation
from raas.rpc.calls.errors import Refusal, past_deadline, refusal, violations_of
from raas.rpc.calls.fault_trace import fault_trace
from raas.rpc.calls.metadata import CALL_ID, read_metadata
from raas.usecases.calls.call import Call

STATUS_DETAILS = "grpc-status-details-bin"

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Pairs: TypeAlias = "Sequence[tuple[str, str | bytes]]"
"""The metadata of a call."""

# Of `logging` in any case: an application that configures no logs, such as a test, then prints none.
_log = structlog.wrap_logger(logging.getLogger("raas.rpc"))


def refuse(context: _Context, call_id: UUID, refused: Refusal) -> str:
    """Answer with a refusal once the behaviour returns; returns the name of its status."""
    context.set_trailing_metadata(((CALL_ID, str(call_id)), (STATUS_DETAILS, refused.details)))
    context.set_code(refused.code)
    context.set_details(refused.message)
    return refused.code.name


def refuse_unavailable(context: _Context, call_id: UUID, metadata: Pairs) -> str:
    """Answer UNAVAILABLE, which is returned: the server stops."""
    language = read_metadata(metadata).language
    return refuse(context, call_id, refusal((Violation("", Reason.UNAVAILABLE),), call_id, language))


def refusal_of(rpc: str, call_id: UUID, error: Exception, call: Call | None, metadata: Pairs) -> Refusal:
    """The refusal with which an error is answered; an internal one is logged, without its values.

    Without a call its caller was not identified, which is logged elsewhere.
    """
    violations = violations_of(error)
    category = violations[0].reason.category
    if category is Category.UNAVAILABLE and call is not None and call.expired:
        # gRPC answers the same when it is the first to notice.
        return past_deadline(call_id)
    if category is Category.INTERNAL:
        _log.error("call failed", rpc=rpc, call_id=str(call_id), fault=fault_trace(error))
    elif category is Category.UNAVAILABLE and call is not None:
        _log.warning("call not served", rpc=rpc, call_id=str(call_id), cause=type(error).__name__)
    return refusal(violations, call_id, read_metadata(metadata).language)


async def _unavailable(_: AsyncIterator[bytes], context: _Context) -> None:
    refuse_unavailable(context, uuid4(), tuple(context.invocation_metadata() or ()))


async def _no_such_method(_: AsyncIterator[bytes], context: _Context) -> None:
    context.set_trailing_metadata(((CALL_ID, str(uuid4())),))
    context.set_code(grpc.StatusCode.UNIMPLEMENTED)
    context.set_details("There is no such method.")


UNAVAILABLE: _Handler = grpc.stream_stream_rpc_method_handler(_unavailable)
"""The handler of every method while the server stops."""

NO_SUCH_METHOD: _Handler = grpc.stream_stream_rpc_method_handler(_no_such_method)
"""The handler of every method that does not exist."""
