"""An audit that keeps its records in memory."""

from __future__ import annotations

from dataclasses import replace

from raas.usecases.ports.audit import AuditRecord


class RecordingAudit:
    """Keeps every record, with its numbers read at once as an audit would."""

    def __init__(self) -> None:
        self.visits: list[AuditRecord] = []

    def record(self, audit_scope: AuditRecord) -> None:
        self.visits.append(replace(audit_scope, nisses=[int(niss) for niss in audit_scope.nisses]))
