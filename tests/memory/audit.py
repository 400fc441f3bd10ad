"""An audit that keeps its records in memory."""

from __future__ import annotations

from dataclasses import replace

from raas.usecases.calls.audit_scope import AuditRecord


class RecordingAudit:
    """Keeps every record, with its numbers read at once as an audit would."""

    def __init__(self) -> None:
        self.records: list[AuditRecord] = []

    def record(self, record: AuditRecord) -> None:
        self.records.append(replace(record, nisses=list(record.nisses)))
