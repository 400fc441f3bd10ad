"""The TrimStore in memory."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import uuid4

from raas.memory.state import MemoryState, RegisterState
from raas.memory.subscribers import MemorySubscriberStore
from raas.usecases.ports.maintenance import TrimStep


class MemoryTrimStore:
    """Trims logs and renews their ids."""

    def __init__(self, state: MemoryState, subscribers: MemorySubscriberStore) -> None:
        self._state = state
        self._subscribers = subscribers

    async def revision_at(self, register_id: int, instant: datetime) -> int:
        """The last revision recorded at or before `instant`; 0 = none that is still kept."""
        register = self._state.registers[register_id]
        revision = sum(1 for logged in register.log if logged.record_time <= instant)
        return revision if revision >= register.oldest_revision else 0

    async def step(self, register_id: int, goal: int, entries: int, seen_since: datetime | None) -> TrimStep:
        """Trim about `entries` revisions on the way to `goal`."""
        async with self._state.writing:
            register = self._state.registers[register_id]
            bound, held_by = min(goal, register.revision), None
            if seen_since is not None:
                slowest = self._subscribers.slowest(register_id, register.log_id, seen_since)
                if slowest is not None and slowest[0] < bound:
                    bound, held_by = slowest
            oldest = register.oldest_revision
            begin = _new_beginning(register, bound, entries)
            register.oldest_revision = begin
            # The mutation at oldest_revision is kept, and revision 0 is none.
            return TrimStep(begin - max(oldest, 1) if begin > oldest else 0, begin, held_by)

    async def renew(self, register_ids: Collection[int]) -> None:
        """Give each of these logs another log_id."""
        async with self._state.writing:
            for register_id in register_ids:
                self._state.registers[register_id].log_id = uuid4()


def _new_beginning(register: RegisterState, bound: int, entries: int) -> int:
    """The last end of a group within reach, else the end of the first group if that is within bounds."""
    oldest = register.oldest_revision
    if bound <= oldest:
        return oldest
    ends = [
        logged.mutation.revision
        for logged in register.log[oldest : min(bound, oldest + entries)]
        if logged.mutation.batch_last_revision == logged.mutation.revision
    ]
    end = ends[-1] if ends else register.log[oldest].mutation.batch_last_revision
    return end if end <= bound else oldest
