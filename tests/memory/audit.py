"""An audit whose records are at hand."""

from __future__ import annotations

from collections.abc import Sequence

from raas.domain.audit.record import Actor, AuditRecord, record_texts
from raas.usecases.calls.audit.call_audit import Entry


class RecordingAudit:
    """Keeps every record at once; those of writes that a transaction keeps are not among them."""

    unavailable = False
    admits_bulk_reads = True

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []
        self.entries: list[Entry] = []
        self.counted: list[tuple[Actor, str, str]] = []
        self.fault: Exception | None = None
        """Raised instead of keeping records."""

    async def keep(self, entries: Sequence[Entry], deadline: float = float("inf")) -> None:
        if self.fault is not None:
            raise self.fault
        self.keep_later(entries)

    def keep_later(self, entries: Sequence[Entry]) -> None:
        for record, _ in entries:
            record_texts(record)
            self.records.append(record)
        self.entries += entries

    def count(self, actor: Actor, rpc: str, reason: str) -> None:
        self.counted.append((actor, rpc, reason))
