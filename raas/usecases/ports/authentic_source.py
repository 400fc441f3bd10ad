"""The authentic source: which NISS exist and to whom they belong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState


class AuthenticSource(Protocol):
    """Who says which NISS exist and to whom they belong."""

    in_store: bool
    """Whether the register's own store holds the persons: writes then read them under the lock."""

    async def states(self, nisses: Sequence[Niss]) -> Mapping[Niss, PersonState]:
        """What the source knows of these numbers; a number it does not know is absent.

        A source that knows no persons (`structure`) answers every number as ACTIVE.
        Raises SourceUnavailable.
        """

    async def numbers_of(self, nisses: Sequence[Niss]) -> Mapping[Niss, tuple[Niss, ...]]:
        """For each number all those of its person, itself among them.

        First the one that stands for the person now, then those it replaced in the end, in order. A number
        that the source does not know stands alone. Raises SourceUnavailable.
        """
