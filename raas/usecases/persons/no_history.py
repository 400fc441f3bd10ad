"""The histories of statuses of authentic sources of which the store records no statuses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.usecases.ports.niss_history import ReadAs


class UnchangingNumbers:
    """The NissHistory of RAAS_AUTHENTIC_SOURCE=structure: every number was always ACTIVE."""

    async def at_instant(self, nisses: Collection[Niss], instant: datetime) -> Mapping[Niss, ReadAs]:
        """Every number itself."""
        return {niss: ReadAs(niss, PersonStatus.ACTIVE) for niss in nisses}

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """Every number itself."""
        return {niss: ReadAs(niss, PersonStatus.ACTIVE) for niss in nisses}

    async def ever_replaced_by(self, niss: Niss) -> Collection[Niss]:
        """No number."""
        return ()


class UnrecordedNumbers:
    """The NissHistory of a remote source, which tells the statuses of now only: nothing is recorded."""

    async def at_instant(self, nisses: Collection[Niss], instant: datetime) -> Mapping[Niss, ReadAs]:
        """No number."""
        return {}

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """No number."""
        return {}

    async def ever_replaced_by(self, niss: Niss) -> Collection[Niss]:
        """No number."""
        return ()
