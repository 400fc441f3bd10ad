"""The authentic source: the NISS that exist, and the persons they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState


class AuthenticSource(Protocol):
    """Decides which NISS exist, and to which persons they belong."""

    in_store: bool
    """Whether the register's own store holds the persons: writes then read them under the lock."""

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """The states of these numbers; an unknown number is absent.

        A source that knows no persons (`structure`) answers every number as ACTIVE.
        Raises SourceUnavailable.
        """

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """All numbers of the person of each number, the number itself included.

        First the final successor, then the numbers that it replaced, directly or not, in order. An unknown
        number has only itself. Raises SourceUnavailable.
        """
