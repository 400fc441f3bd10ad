"""The NissHistory in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

from raas.domain.numbers.niss import Niss
from raas.memory.state import MemoryState
from raas.usecases.ports.niss_history import ReadAs


class MemoryNissHistory:
    """All statuses are recorded."""

    def __init__(self, state: MemoryState) -> None:
        self._state = state

    async def at_instant(self, nisses: Collection[Niss], instant: datetime) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read at an instant."""
        async with self._state.writing:
            return {niss: self._read_as(niss, instant) for niss in nisses}

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read just before the next revision was recorded."""
        register = self._state.registers[register_id]
        instant = datetime.max.replace(tzinfo=UTC)
        if revision < register.revision:
            before_next = register.point(revision + 1).record_time - timedelta(microseconds=1)
            instant = max(before_next, register.point(revision).record_time)
        return {niss: self._read_as(niss, instant) for niss in nisses}

    async def ever_replaced_by(self, niss: Niss) -> Collection[Niss]:
        """The numbers of which this one was the final successor at any time."""
        past = self._state.past_statuses.items()
        return [each for each, changes in past if any(status.successor == niss for _, status in changes)]

    def _read_as(self, niss: Niss, instant: datetime) -> ReadAs:
        if niss in self._state.unknown:
            return ReadAs(niss, None)
        final = self._state.status_at(niss, instant).successor or niss
        return ReadAs(final, self._state.status_at(final, instant).status)
