"""The port through which the records of the audit are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from raas.domain.audit.record import AuditRecord
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss

LAST_REVISION = 2**53


class Extent(NamedTuple):
    """Revisions of a register, first and last included.

    `states` False: records of streams that sent mutations of one of these revisions. True: records of answers
    that showed the register as of one of them.
    """

    register: EnterpriseNumber
    states: bool
    first: int
    last: int


class AuditPlace(NamedTuple):
    """The place of a record among all: records are in order of time."""

    time: int
    """Microseconds since 1970."""
    of_register: bool
    """Whether it is in the chain of a register."""
    key: str
    """The process, or the id of the register in the database, 20 digits."""
    log: int
    number: int
    """Its number in the chain."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The records to find; an empty field matches all.

    With `nisses`, records match that name one of them, or that are about many persons within `extents`.
    `hidden_on`: leave out the records of calls in a legal context that is confidential on that day.
    """

    nisses: tuple[Niss, ...] = ()
    extents: tuple[Extent, ...] = ()
    register: EnterpriseNumber | None = None
    caller: EnterpriseNumber | None = None
    from_time: int | None = None
    """Microseconds since 1970, included."""
    until_time: int | None = None
    """Microseconds since 1970, not included."""
    rpcs: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    hidden_on: int | None = None


class FoundRecord(NamedTuple):
    """A record, its place, and where it stands in the proof."""

    place: AuditPlace
    chain: str
    number: int
    """Its number in the chain, from 1."""
    hash: bytes
    record: AuditRecord


class AuditSearch(Protocol):
    """Finds the records of all logs. Raises StoreUnavailable, StoreFault."""

    async def records(
        self, which: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[FoundRecord]:
        """At most `limit` records that match, those after a place, in order of time."""

    async def checkpoint(self, until: int | None) -> bytes | None:
        """The newest checkpoint of the open log that was made at or before an instant (None = now).

        The instant is in microseconds since 1970; the answer is a signed note. None = there is none.
        """


def is_within(extents: Sequence[Extent], record: AuditRecord) -> bool:
    """Whether a record about many persons lies within one of these extents."""
    bulk, register = record.bulk, record.register
    if bulk is None or register is None:
        return False
    states = bulk.first_revision is None
    last = record.revision if bulk.last_revision is None else bulk.last_revision
    if last is None:
        return False
    first = last if bulk.first_revision is None else bulk.first_revision
    return any(
        (each.register, each.states) == (register, states) and each.first <= last and first <= each.last
        for each in extents
    )
