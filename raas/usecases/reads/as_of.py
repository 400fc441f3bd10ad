"""The revision or the instant as of which a read is answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from raas.usecases.ports.read_store import ReadStore


@dataclass(frozen=True, slots=True)
class AsOf:
    """As recorded at a revision, or at an instant; at most one of the two is given."""

    revision: int | None = None
    instant: datetime | None = None


async def revision_asked(reads: ReadStore, register_id: int, as_of: AsOf | None) -> int | None:
    """The revision to read at; None = now.

    Raises Refused for an instant that lies in the future or before the part of the log that is kept.
    """
    if as_of is None:
        return None
    if as_of.instant is not None:
        return await reads.resolve_time(register_id, as_of.instant)
    return as_of.revision
