"""Reads the requests of an RPC: checks their limits, then parses them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from google.protobuf.message import DecodeError

from raas.concurrency.slices import run_in_slices
from raas.domain.errors import Reason, refuse
from raas.rpc.calls.stream_guard import StreamGuard
from raas.rpc.wire.limits import MessageLimits


class RequestReader:
    """Checks and parses the requests of one RPC."""

    def __init__(self, limits: MessageLimits, parse: Callable[[bytes], Any]) -> None:
        self._limits = limits
        self._harmless_bytes = limits.harmless_bytes
        self._parse = parse

    async def read(self, raw: bytes) -> Any:
        """The message of these bytes; other tasks run while a large one is checked.

        Raises Refused when a limit is exceeded or the bytes are no message.
        """
        try:
            if len(raw) > self._harmless_bytes:
                self._limits.check_size(raw)
                await run_in_slices(self._limits.count(raw))
            return self._parse(raw)
        except DecodeError:
            raise refuse(Reason.VALUE_INVALID, sentence="MESSAGE_UNREADABLE") from None


class ParsedRequests:
    """The requests of a stream, each checked, parsed and admitted when the servicer asks for it."""

    def __init__(
        self,
        reader: RequestReader,
        requests: AsyncIterator[bytes],
        guard: StreamGuard,
        admit: Callable[[Any], Awaitable[None]],
    ) -> None:
        self._reader = reader
        self._requests = requests
        self._guard = guard
        self._admit = admit

    def __aiter__(self) -> ParsedRequests:
        return self

    async def __anext__(self) -> Any:
        raw = await anext(self._requests)
        await self._guard.fresh()
        request = await self._reader.read(raw)
        await self._admit(request)
        return request
