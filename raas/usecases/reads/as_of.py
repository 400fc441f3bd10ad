"""The time of knowing that a question is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from raas.usecases.ports.read_store import ReadStore


@dataclass(frozen=True, slots=True)
class AsOf:
    """As known at a revision, or at an instant; at most one of the two is given."""

    revision: int | None = None
    instant: datetime | None = None


async def revision_asked(reads: ReadStore, register_id: int, as_of: AsOf | None) -> int | None:
    """The revision that the question is about; None = now.

    Raises Refused for an instant that lies in the future or before what is kept.
    """
    if as_of is None:
        return None
    if as_of.instant is not None:
        return await reads.resolve_time(register_id, as_of.instant)
    return as_of.revision
