"""Where visits go."""

from __future__ import annotations

from raas.usecases.ports.audit import AuditRecord


class NoAudit:
    """The audit of a server that keeps none."""

    def record(self, audit_scope: AuditRecord) -> None:
        """Forget the visit."""
