"""The statuses of numbers at an earlier instant, for all reads as of an earlier time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.niss import Niss
from raas.usecases.ports.niss_history import NissHistory, ReadAs
from raas.usecases.ports.read_store import ReadStore


class PastNumbers:
    """The history of statuses; where it has nothing, the logs of the registers.

    A number whose meaning neither of them tells is absent from the answers: the read must be refused
    (`history_unknown`).
    """

    def __init__(self, history: NissHistory, reads: ReadStore) -> None:
        self._history = history
        self._reads = reads

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read just before the next revision was recorded."""
        recorded = await self._history.at_revision(register_id, revision, nisses)
        keys = [(register_id, niss) for niss in nisses if niss not in recorded]
        logged = await self._logged(keys, {register_id: revision})
        return {**recorded, **{niss: read_as for (_, niss), read_as in logged.items()}}

    async def at_instant(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int], instant: datetime
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        """The statuses of these (register id, niss); `at_revisions` has the revisions of the instant."""
        recorded = await self._history.at_instant({niss for _, niss in keys}, instant)
        logged = await self._logged([key for key in keys if key[1] not in recorded], at_revisions)
        return {**{key: recorded[key[1]] for key in keys if key[1] in recorded}, **logged}

    async def anywhere(self, niss: Niss, at_revisions: Mapping[int, int], instant: datetime) -> ReadAs | None:
        """The same by all these registers together, since a number is replaced in all registers at once.

        None = neither the history nor any of the logs tells it.
        """
        keys = [(register_id, niss) for register_id in at_revisions]
        recorded = await self._history.at_instant([niss], instant)
        if niss in recorded:
            return recorded[niss]
        told = list((await self._logged(keys, at_revisions)).values())
        return next((read_as for read_as in told if read_as.niss != niss), told[0] if told else None)

    async def united_with(
        self, register_id: int, revision: int, final: Niss, candidates: Collection[Niss], instant: datetime
    ) -> Sequence[Niss]:
        """The numbers that were read as `final`, among these and all that the history knows; in order."""
        others = {*candidates, *await self._history.ever_replaced_by(final)} - {final}
        keys = [(register_id, each) for each in sorted(others)]
        read = await self.at_instant(keys, {register_id: revision}, instant)
        return [niss for (_, niss), read_as in sorted(read.items()) if read_as.niss == final]

    async def _logged(
        self, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
    ) -> Mapping[tuple[int, Niss], ReadAs]:
        return await self._reads.logged_numbers(keys, at_revisions) if keys else {}


def history_unknown(field: str) -> Violation:
    """The violation of a number whose status at that time is not known."""
    return Violation(field, Reason.NISS_HISTORY_UNKNOWN)
