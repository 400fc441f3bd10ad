"""Meters: the use that one caller makes of one limit in this process, and what this process may allow.

A limit holds over all processes, and no call waits until another process has been asked. Each process has an
allowance, the part of the limit that it admits. It follows from its own demand and from the demand that the
others reported last. The allowances of all processes add up to the limit.
"""

from __future__ import annotations

from math import ceil, exp
from typing import Protocol

BURST_SECONDS = 0.5
"""A caller may be ahead of its rate by this much: that many seconds of calls arrive at once."""

_RISING_SECONDS, _FALLING_SECONDS = 0.15, 0.3
"""Demand is averaged over about these times, where it grows and where it fades."""

_LEAST_PART = 0.01
"""The fraction of its equal part that a process allows in any case: new demand is not known at once."""

_NEGLIGIBLE = 1e-3
"""Less demand than this is none."""

_UNCHECKED = 0.1
"""The part of a limit of streams that is opened without asking the other processes."""


def allowance(limit: float, demand: float, others: float, processes: int) -> float:
    """The part of a limit that this process allows, of `processes` that are alive.

    Where all demand fits, each process allows its own and an equal part of what is left; else the limit is
    divided in proportion to demand. Demand counts what is refused, too.
    """
    total = demand + others
    least = _LEAST_PART * limit / processes
    if total > limit:
        return max(limit * demand / total, least)
    return demand + max((limit - total) / processes, least)


class Meter(Protocol):
    """The use of one limit by one caller."""

    @property
    def demand(self) -> float:
        """The demand of the caller on this process, in the unit of the limit."""

    def measure(self, seconds: float) -> None:
        """Bring `demand` up to date, `seconds` after the last time."""

    def settle(self, others: float, processes: int) -> None:
        """Allow what follows from the demand at the other processes."""


class RateMeter:
    """A rate, by the generic cell rate algorithm (GCRA): one instant tells how far ahead a caller is.

    A call is allowed while its caller is not ahead by more than the burst, however many items it has: the
    caller waits for those of a large one afterwards.
    """

    __slots__ = ("_asked", "_due", "_seconds_each", "demand", "maximum")

    def __init__(self, maximum: float, others: float, processes: int) -> None:
        self.maximum = maximum
        self.demand = 0.0
        """Units per second that were asked for, refused ones included."""
        self._asked = 0
        self._due = 0.0
        self._seconds_each = 1 / allowance(maximum, 0.0, others, processes)

    def take(self, now: float, amount: int) -> float:
        """Take units; returns 0, or the seconds to wait when none were taken."""
        self._asked += amount
        due = self._due
        if due > now:
            ahead = due - now
            if ahead > BURST_SECONDS:
                return ahead - BURST_SECONDS
            self._due = due + amount * self._seconds_each
        else:
            self._due = now + amount * self._seconds_each
        return 0.0

    def measure(self, seconds: float) -> None:
        """Bring `demand` up to date, `seconds` after the last time."""
        if self._asked or self.demand:
            demand = self._asked / seconds
            rising = demand > self.demand
            kept = exp(-seconds / (_RISING_SECONDS if rising else _FALLING_SECONDS))
            self.demand = demand + (self.demand - demand) * kept
            if self.demand < _NEGLIGIBLE:
                self.demand = 0.0
            self._asked = 0

    def settle(self, others: float, processes: int) -> None:
        """Allow what follows from the demand at the others."""
        self._seconds_each = 1 / allowance(self.maximum, self.demand, others, processes)


class InFlightMeter:
    """A number of short calls that may be open at once."""

    __slots__ = ("_allowed", "_peak", "demand", "maximum", "open", "waiting")

    def __init__(self, maximum: int, others: float, processes: int) -> None:
        self.maximum = maximum
        self.demand = 0.0
        """The largest number that wanted to be open of late."""
        self.open = 0
        self.waiting = 0
        """Calls that wait for their refusal."""
        self._peak = 0
        self._allowed = 0
        self.settle(others, processes)

    def enter(self) -> bool:
        """Open one more, unless as many are open as are allowed."""
        count = self.open + 1
        if count + self.waiting > self._peak:
            self._peak = count + self.waiting
        if count > self._allowed:
            return False
        self.open = count
        return True

    def leave(self) -> None:
        """Close one."""
        self.open -= 1

    def measure(self, seconds: float) -> None:
        """Bring `demand` up to date, `seconds` after the last time."""
        if self._peak or self.demand:
            faded = self.demand * exp(-seconds / _FALLING_SECONDS)
            self.demand = max(float(self._peak), faded if faded > _NEGLIGIBLE else 0.0)
            self._peak = self.open + self.waiting

    def settle(self, others: float, processes: int) -> None:
        """Allow what follows from the demand at the others, at least one."""
        self._allowed = max(1, ceil(allowance(self.maximum, self.demand, others, processes)))


class StreamMeter:
    """A number of streams that may be open at once. They last, so none is taken from another process.

    A stream is counted first and then checked against the streams of all processes as they are now. A small
    part of the limit is open to each process without that.
    """

    __slots__ = ("_others", "_unchecked", "maximum", "open")

    def __init__(self, maximum: int, others: float, processes: int) -> None:
        self.maximum = maximum
        self.open = 0
        self._others = 0.0
        self._unchecked = 0.0
        self.settle(others, processes)

    @property
    def demand(self) -> float:
        """The number that is open."""
        return float(self.open)

    @property
    def is_exceeded(self) -> bool:
        """Whether more streams are open than the limit allows, as far as this process knows."""
        return self.open + self._others > self.maximum

    def enter(self) -> bool:
        """Open one more; returns whether it must be checked after an exchange."""
        self.open += 1
        return self.open > self._unchecked

    def leave(self) -> None:
        """Close one."""
        self.open -= 1

    def measure(self, seconds: float) -> None:
        """Nothing: what is open is the demand."""

    def settle(self, others: float, processes: int) -> None:
        """Take in how many are open at the other processes."""
        self._others = others
        self._unchecked = _UNCHECKED * (self.maximum - others) / processes
