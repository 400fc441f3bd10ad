"""Handlers of the services that need no identity, health and reflection: unreadable bytes are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import grpc
import grpc.aio
import structlog
from google.protobuf.message import DecodeError

from raas.rpc.calls.fault_trace import fault_trace

MAX_BYTES = 64 * 1024

_Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
_Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"

_log = structlog.get_logger("raas.rpc")


def unidentified(rpc: str, handler: Any) -> _Handler:
    """A handler that parses its requests itself, so that what cannot be read is INVALID_ARGUMENT.

    Any: the published types of handlers are those of synchronous ones.
    """
    parse, encode = handler.request_deserializer, handler.response_serializer
    if handler.request_streaming:
        stream = handler.stream_stream
        return grpc.stream_stream_rpc_method_handler(
            _responding(rpc, lambda requests, context: stream(_Parsed(requests, parse), context), encode)
        )
    if handler.response_streaming:
        respond = handler.unary_stream
        return grpc.unary_stream_rpc_method_handler(
            _responding(rpc, lambda raw, context: respond(_parsed(raw, parse), context), encode)
        )

    async def answer(raw: bytes, context: _Context) -> bytes:
        try:
            return bytes(encode(await handler.unary_unary(_parsed(raw, parse), context)))
        except grpc.aio.BaseError:
            raise
        except Exception as error:
            _refuse(rpc, error, context)
            return b""

    return grpc.unary_unary_rpc_method_handler(answer)


def _responding(
    rpc: str, behave: Callable[[Any, _Context], Any], encode: Callable[[Any], bytes]
) -> Callable[[Any, _Context], Any]:
    async def respond(requests: Any, context: _Context) -> None:
        try:
            async with aclosing(behave(requests, context)) as responses:
                async for response in responses:
                    await context.write(encode(response))
        except grpc.aio.BaseError:
            raise
        except Exception as error:
            _refuse(rpc, error, context)

    return respond


class _Parsed:
    """The requests of a stream, each parsed when it is asked for."""

    def __init__(self, requests: AsyncIterator[bytes], parse: Callable[[bytes], Any]) -> None:
        self._requests = requests
        self._parse = parse

    def __aiter__(self) -> _Parsed:
        return self

    async def __anext__(self) -> Any:
        return _parsed(await anext(self._requests), self._parse)


def _parsed(raw: bytes, parse: Callable[[bytes], Any]) -> Any:
    if len(raw) > MAX_BYTES:
        raise DecodeError("too long")
    return parse(raw)


def _refuse(rpc: str, error: Exception, context: _Context) -> None:
    if isinstance(error, DecodeError):
        context.set_code(grpc.StatusCode.INVALID_ARGUMENT)
        context.set_details("The message cannot be read: its bytes do not match the contract.")
        return
    _log.error("call failed", rpc=rpc, fault=fault_trace(error))
    context.set_code(grpc.StatusCode.INTERNAL)
    context.set_details("An internal error occurred.")
