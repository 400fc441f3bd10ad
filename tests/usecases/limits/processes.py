"""Processes that share the limits of callers, in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from raas.usecases.limits.limits import LimitTable
from raas.usecases.limits.usage import CallerUsages
from raas.usecases.ports.limits.usage_store import Report

TICK_SECONDS = 0.01
EXCHANGE_TICKS = 25


class Processes:
    """Some processes whose clock is moved by `run`; each exchanges its report four times a second."""

    def __init__(self, count: int, table: LimitTable) -> None:
        self.now = 0.0
        self.usages = [CallerUsages(table, clock=lambda: self.now) for _ in range(count)]
        self.alive = [True] * count
        self._reports: list[Report] = [{}] * count
        self._ticks = 0
        for index in range(count):
            self._exchange(index)

    def run(self, seconds: float, step: Callable[[int], None]) -> None:
        """Let time pass; `step` is called for every live process in every tick."""
        for _ in range(round(seconds / TICK_SECONDS)):
            self.now += TICK_SECONDS
            self._ticks += 1
            for index in range(len(self.usages)):
                if not self.alive[index]:
                    continue
                step(index)
                # They do not exchange at the same moment.
                if (self._ticks + 7 * index) % EXCHANGE_TICKS == 0:
                    self._exchange(index)

    def _exchange(self, index: int) -> None:
        self._reports[index] = self.usages[index].measure()
        self.usages[index].settle(self._others(index))

    def _others(self, index: int) -> Sequence[Report]:
        return [report for i, report in enumerate(self._reports) if i != index and self.alive[i]]
