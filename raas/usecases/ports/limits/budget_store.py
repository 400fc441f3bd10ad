"""The port to what callers have used of their budgets on a day, in all processes together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class BudgetEntry:
    """Something that counts once against a budget of a caller (`CallerKey.text`) on a Brussels day."""

    day: int
    caller: str
    budget: int
    entry: int
    """A number of 64 bits, with sign."""


class BudgetStore(Protocol):
    """Holds the entries of every caller and day."""

    async def salt(self, day: int) -> bytes:
        """The key of this day, the same for all processes. Raises StoreUnavailable, StoreFault."""

    async def add(self, entries: Sequence[BudgetEntry]) -> Sequence[int]:
        """Add entries; returns, for each, how many entries its caller, day and budget have now.

        An entry that was there before adds nothing. Raises StoreUnavailable, StoreFault.
        """
