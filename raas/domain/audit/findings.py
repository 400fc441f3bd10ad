"""The result of a verification: what is wrong, where, and how far the log is proven."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Fault(Enum):
    """One thing that can be wrong. docs/audit-format.md explains each to an auditor."""

    EXPORT_MALFORMED = "the export is not in its format"
    CHECKPOINT_INVALID = "a checkpoint has no valid signature, or is not in its format"
    CHECKPOINT_MISSING = "a checkpoint is missing"
    CHECKPOINT_CONFLICT = "two checkpoints contradict each other: the log was forked"
    RECORD_ALTERED = "a record was altered"
    RECORDS_SWAPPED = "two records were exchanged"
    RECORD_MISSING = "a record is missing"
    RECORD_INVENTED = "a record was added"
    CRITERIA_ALTERED = "the search criteria beside a record were altered"
    TAIL_CUT = "the newest records are missing"
    HISTORY_REPLACED = "records are not those that a checkpoint covers"
    CHAINS_DIFFER = "chains are not as a checkpoint has them"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault and its place; `checkpoint` is a number, `leaf` the number of a record in the log, from 0."""

    fault: Fault
    text: str
    leaf: int | None = None
    chain: str | None = None
    index: int | None = None
    checkpoint: int | None = None


def missing_records(first: int, last: int, place: str) -> str:
    """The text about records of a place (the log, a chain) that are missing."""
    if first == last:
        return f"record {first} of {place} is missing"
    return f"records {first} to {last} of {place} are missing"


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification: sound only if `findings` is empty.

    `removed` records, of checkpoints up to the time `removed_until`, were removed with their month and are
    proven by hashes only. `size` and `time` are those of the newest checkpoint that the records equal.
    `other_origins` are other logs of which there are checkpoints: each has an export of its own.
    """

    findings: tuple[Finding, ...]
    origin: str = ""
    records: int = 0
    removed: int = 0
    removed_until: int | None = None
    checkpoints: int = 0
    size: int = 0
    time: int | None = None
    other_origins: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
