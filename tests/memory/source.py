"""The authentic source in memory, with the statuses that a test gives it and the fault that it causes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.memory.authentic_source import MemoryAuthenticSource
from raas.memory.state import MemoryState
from raas.usecases.ports.persons import NissStatus


class FaultySource(MemoryAuthenticSource):
    """Knows every number as active, but for `replaced` (by successor), `cancelled` and `unknown` ones.

    It is not in the store, as a source on another server. Raises `fault`, if there is one.
    """

    def __init__(
        self,
        *,
        replaced: Mapping[Niss, Niss],
        cancelled: Collection[Niss] = (),
        unknown: Collection[Niss] = (),
    ) -> None:
        statuses = {
            **{niss: NissStatus(PersonStatus.REPLACED, new, new) for niss, new in replaced.items()},
            **{niss: NissStatus(PersonStatus.CANCELLED) for niss in cancelled},
        }
        self.unknown = set(unknown)
        super().__init__(MemoryState(niss_statuses=statuses, unknown=self.unknown), in_store=False)
        self.fault: Exception | None = None

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        if self.fault is not None:
            raise self.fault
        return await super().states(nisses)
