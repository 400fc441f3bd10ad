"""The statuses that numbers had at earlier instants."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus


@dataclass(frozen=True, slots=True)
class ReadAs:
    """The number that a number was read as: its final successor then, or itself.

    `status` is that of `niss`: ACTIVE or CANCELLED; None = the authentic source did not know the number.
    """

    niss: Niss
    status: PersonStatus | None


class NissHistory(Protocol):
    """The recorded statuses of numbers.

    Answers are final: a change that is being written and will carry an earlier instant is waited for. A
    number whose status at that instant was not recorded is absent from the answer. Raises StoreUnavailable.
    """

    async def at_instant(self, nisses: Collection[Niss], instant: datetime) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read at an instant that is not in the future."""

    async def at_revision(
        self, register_id: int, revision: int, nisses: Collection[Niss]
    ) -> Mapping[Niss, ReadAs]:
        """The statuses with which these numbers were read just before the next revision was recorded.

        The instant is now if there is no later revision yet.
        """

    async def ever_replaced_by(self, niss: Niss) -> Collection[Niss]:
        """The numbers of which this one was the final successor at any time."""
