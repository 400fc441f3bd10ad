"""Admits calls as far as the limits of their callers allow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from raas.domain.errors import Refused
from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.exchange import UsageExchange
from raas.usecases.limits.limits import CALLS_IN_FLIGHT, RATES, STREAMS, CallKind, LimitTable, exceeded
from raas.usecases.limits.usage import CallerUsage, CallerUsages
from raas.usecases.ports.limits.usage_store import UsageStore

_REFUSAL_SECONDS = 0.01
"""Between two refusals of one caller."""
_LONGEST_PAUSE_SECONDS = 2.0
"""The longest time for which a refusal is kept back; many wait for it at once."""
_LONGEST_WAIT_SECONDS = 10.0
_LONGEST_SLEEP_SECONDS = 0.25
_CALL_ENDS_SECONDS = 0.1
_STREAM_ENDS_SECONDS = 1.0


class ObserveLimits(Protocol):
    """Receives every call that a limit refuses."""

    def limit_exceeded(self, limit: str) -> None:
        """The limit of this name refused a call."""


class CallLimits:
    """The limits of all callers, over all processes.

    A caller gets a hundred refusals a second from each process, and waits for them: if it ignores the delay
    in them, it cannot keep the server busy. `exchange` runs in the background.
    """

    def __init__(
        self,
        table: LimitTable,
        store: UsageStore,
        observer: ObserveLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._usages = CallerUsages(table, lambda: self.exchange.notice(), clock)
        self.exchange = UsageExchange(self._usages, store)
        self._observer = observer
        self._clock = clock

    @property
    def callers(self) -> int:
        """Callers that called of late."""
        return self._usages.count

    @property
    def processes(self) -> int:
        """Processes that share the limits, this one included."""
        return self._usages.processes

    async def begin_call(self, caller: CallerKey, kind: CallKind, items: int) -> CallerUsage:
        """Admit a call, which then must be ended, and so many of its items. Raises Refused LIMIT_EXCEEDED."""
        usage = self._usages.of(caller)
        if not usage.in_flight.enter():
            raise await self._refusal(usage, CALLS_IN_FLIGHT, usage.in_flight.maximum, _CALL_ENDS_SECONDS)
        calls, item_rate = usage.rates[kind]
        now = self._clock()
        if wait := calls.take(now, 1):
            usage.in_flight.leave()
            raise await self._refusal(usage, RATES[kind][0], calls.maximum, wait)
        if items and (wait := item_rate.take(now, items)):
            usage.in_flight.leave()
            raise await self._refusal(usage, RATES[kind][1], item_rate.maximum, wait)
        return usage

    async def begin_stream(self, caller: CallerKey, kind: CallKind) -> CallerUsage:
        """Admit a stream, which then must be ended. Raises Refused LIMIT_EXCEEDED."""
        usage = self._usages.of(caller)
        streams, calls = usage.streams, usage.rates[kind][0]
        if wait := calls.take(self._clock(), 1):
            raise await self._refusal(usage, RATES[kind][0], calls.maximum, wait)
        must_check = streams.enter()
        # Not reported to the others if this process knows already that it is one too many.
        if must_check and not streams.is_exceeded:
            try:
                await self.exchange.refresh()
            except BaseException:
                streams.leave()
                raise
        if must_check and streams.is_exceeded:
            streams.leave()
            raise await self._refusal(usage, STREAMS, streams.maximum, _STREAM_ENDS_SECONDS)
        return usage

    async def take_items(self, usage: CallerUsage, kind: CallKind, items: int) -> None:
        """Admit the items of a call. Raises Refused LIMIT_EXCEEDED."""
        rate = usage.rates[kind][1]
        if wait := rate.take(self._clock(), items):
            raise await self._refusal(usage, RATES[kind][1], rate.maximum, wait)

    async def await_items(self, usage: CallerUsage, kind: CallKind, items: int) -> None:
        """Wait until the items of a message of a stream are allowed: the stream slows its sender down.

        Raises Refused LIMIT_EXCEEDED when that takes more than ten seconds.
        """
        rate = usage.rates[kind][1]
        while wait := rate.take(self._clock(), items):
            if wait > _LONGEST_WAIT_SECONDS:
                raise await self._refusal(usage, RATES[kind][1], rate.maximum, wait)
            await asyncio.sleep(min(wait, _LONGEST_SLEEP_SECONDS))

    async def _refusal(self, usage: CallerUsage, limit: str, maximum: float, seconds: float) -> Refused:
        if self._observer is not None:
            self._observer.limit_exceeded(limit)
        now = self._clock()
        pause = min(max(usage.next_refusal - now, 0.0), _LONGEST_PAUSE_SECONDS)
        usage.next_refusal = now + pause + _REFUSAL_SECONDS
        if pause:
            usage.in_flight.waiting += 1
            try:
                await asyncio.sleep(pause)
            finally:
                usage.in_flight.waiting -= 1
        return exceeded(limit, maximum, seconds)
