"""The limits of callers, applied to the calls of one RPC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from raas.rpc.calls.usage.request_items import RequestItems
from raas.usecases.calls.call import Call
from raas.usecases.limits.call_limits import CallLimits
from raas.usecases.limits.limits import CallKind
from raas.usecases.limits.usage import CallerUsage

_PERSONS = "raas.v1.PersonService"


class Unlimited:
    """Admits every call."""

    async def begin_call(self, call: Call) -> CallerUsage | None:
        """Admit a call before its request is parsed. Raises Refused LIMIT_EXCEEDED."""
        return None

    async def begin_stream(self, call: Call) -> CallerUsage | None:
        """Admit a stream before its request is parsed. Raises Refused LIMIT_EXCEEDED."""
        return None

    async def take_items(self, usage: CallerUsage | None, request: Any) -> None:
        """Admit the items of a request before it is served. Raises Refused LIMIT_EXCEEDED."""

    async def await_items(self, usage: CallerUsage | None, request: Any) -> None:
        """Wait until the items of a message of a stream are allowed. Raises Refused LIMIT_EXCEEDED."""

    def end_call(self, usage: CallerUsage | None) -> None:
        """End a call; None = it was not admitted."""

    def end_stream(self, usage: CallerUsage | None) -> None:
        """End a stream; None = it was not admitted."""


class RpcLimits(Unlimited):
    """Admits the calls of one RPC, and the items in its requests."""

    def __init__(self, limits: CallLimits, method: MethodDescriptor) -> None:
        self._limits = limits
        self._kind = kind_of(method)
        self._items = RequestItems(method)
        self._begin_items = 0 if self._items.lists else 1

    async def begin_call(self, call: Call) -> CallerUsage | None:
        """Admit a call, and its one item if it has no list."""
        return await self._limits.begin_call(call.caller.key, self._kind, self._begin_items)

    async def begin_stream(self, call: Call) -> CallerUsage | None:
        """Admit a stream."""
        return await self._limits.begin_stream(call.caller.key, self._kind)

    async def take_items(self, usage: CallerUsage | None, request: Any) -> None:
        """Admit the elements of the lists of a request."""
        if self._items.lists and usage is not None:
            await self._limits.take_items(usage, self._kind, self._items.of(request))

    async def await_items(self, usage: CallerUsage | None, request: Any) -> None:
        """Wait until the elements of the lists of a message are allowed."""
        if usage is not None:
            await self._limits.await_items(usage, self._kind, self._items.of(request))

    def end_call(self, usage: CallerUsage | None) -> None:
        """End a call."""
        if usage is not None:
            usage.in_flight.leave()

    def end_stream(self, usage: CallerUsage | None) -> None:
        """End a stream."""
        if usage is not None:
            usage.streams.leave()


def rpc_limits(limits: CallLimits, services: Iterable[ServiceDescriptor]) -> Mapping[str, RpcLimits]:
    """The limits of the callers of every RPC of these services, by its full name."""
    return {
        f"/{service.full_name}/{method.name}": RpcLimits(limits, method)
        for service in services
        for method in service.methods
    }


def kind_of(method: MethodDescriptor) -> CallKind:
    """The kind of an RPC: what changes nothing reads persons, in PersonService, or registers."""
    if method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS:
        return CallKind.WRITE
    return CallKind.PERSONS if method.containing_service.full_name == _PERSONS else CallKind.READ
