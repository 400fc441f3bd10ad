"""The use that callers make of this process, measured against their limits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from raas.usecases.calls.call import CallerKey
from raas.usecases.limits.limits import CALLS_IN_FLIGHT, RATES, STREAMS, LimitTable
from raas.usecases.limits.meters import InFlightMeter, Meter, RateMeter, StreamMeter
from raas.usecases.ports.limits.usage_store import Report

IDLE_SECONDS = 60.0
"""A caller that calls no more, and has nothing open, is forgotten after this time."""

_MANY_CALLERS = 10_000
"""Beyond so many, idle callers are forgotten at once: names that callers make up must not fill the memory."""


class CallerUsage:
    """The meters of one caller; `rates` has a pair for each kind of call: its calls and its items."""

    __slots__ = ("in_flight", "meters", "next_refusal", "rates", "settled", "streams", "text", "used")

    def __init__(self, caller: CallerKey, table: LimitTable, others: Sequence[float], processes: int) -> None:
        self.text = caller.text
        limits = table.of(caller)
        names = [name for pair in RATES.values() for name in pair]
        used = {name: others[i] if i < len(others) else 0.0 for i, name in enumerate(_ORDER)}
        meters = {name: RateMeter(getattr(limits, name), used[name], processes) for name in names}
        self.rates = tuple((meters[calls], meters[items]) for calls, items in RATES.values())
        self.in_flight = InFlightMeter(limits.calls_in_flight, used[CALLS_IN_FLIGHT], processes)
        self.streams = StreamMeter(limits.streams, used[STREAMS], processes)
        self.meters: tuple[Meter, ...] = (*meters.values(), self.in_flight, self.streams)
        """All of them, in the order of a report."""
        self.settled = not others
        """Whether all allowances are those of a caller without demand."""
        self.next_refusal = 0.0
        """The instant before which no refusal is answered."""
        self.used = 0.0
        """When an exchange last found demand."""

    def report(self) -> list[float]:
        """The demand for each limit, in an order that every process knows."""
        return [round(meter.demand, 3) for meter in self.meters]

    def settle(self, others: Sequence[float], processes: int) -> None:
        """Allow what follows from the demand at the other processes."""
        for index, meter in enumerate(self.meters):
            # A process of another version may report more limits, or fewer.
            meter.settle(others[index] if index < len(others) else 0.0, processes)


_ORDER = (*(name for pair in RATES.values() for name in pair), CALLS_IN_FLIGHT, STREAMS)


class CallerUsages:
    """The callers that this process serves, and the demand of all callers at the other processes.

    `noticed` is called when a caller appears: the others should learn of it soon.
    """

    def __init__(
        self,
        table: LimitTable,
        noticed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._table = table
        self._noticed = noticed
        self._clock = clock
        self._usages: dict[CallerKey, CallerUsage] = {}
        self._others: Mapping[str, Sequence[float]] = {}
        self._processes = 1
        self._measured = clock()

    @property
    def count(self) -> int:
        """Callers that are not forgotten."""
        return len(self._usages)

    @property
    def processes(self) -> int:
        """Processes that are alive, this one included."""
        return self._processes

    def of(self, caller: CallerKey) -> CallerUsage:
        """The meters of a caller."""
        usage = self._usages.get(caller)
        if usage is None:
            others = self._others.get(caller.text, ())
            usage = CallerUsage(caller, self._table, others, self._processes)
            usage.used = self._clock()
            self._usages[caller] = usage
            self._noticed()
        return usage

    def measure(self) -> Report:
        """The demand of each caller since the last measure, to be reported to the other processes."""
        now = self._clock()
        seconds, self._measured = max(now - self._measured, 1e-3), now
        longest = IDLE_SECONDS if len(self._usages) <= _MANY_CALLERS else 0.0
        report = {}
        for caller, usage in list(self._usages.items()):
            demand = False
            for meter in usage.meters:
                meter.measure(seconds)
                demand = demand or meter.demand > 0
            if demand:
                usage.used = now
                report[usage.text] = usage.report()
            elif now - usage.used > longest and not usage.in_flight.waiting:
                del self._usages[caller]
        return report

    def settle(self, reports: Sequence[Report]) -> None:
        """Take in the last reports of all other processes that are alive."""
        processes = 1 + len(reports)
        changed = processes != self._processes
        self._processes = processes
        others: dict[str, list[float]] = {}
        for report in reports:
            for caller, demand in report.items():
                known = others.setdefault(caller, [])
                known += [0.0] * (len(demand) - len(known))
                for index, each in enumerate(demand):
                    known[index] += each
        self._others = others
        for usage in self._usages.values():
            elsewhere = others.get(usage.text, ())
            idle = not elsewhere and not any(meter.demand for meter in usage.meters)
            if changed or not (idle and usage.settled):
                usage.settle(elsewhere, processes)
                usage.settled = idle
