"""The audit: a record of every call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """What the audit needs of one call before its answer leaves (of one message, for streams)."""

    rpc: str
    caller: EnterpriseNumber
    register: EnterpriseNumber | None
    nisses: Iterable[Niss]
    """Numbers touched or shown."""
    revisions: tuple[int, int] | None
    """First and last revision shown, for what is read from the log."""
    outcome: str
    """OK, or the reason of the refusal."""


class Audit(Protocol):
    """Receives every visit before its answer leaves."""

    def record(self, audit_scope: AuditRecord) -> None:
        """Take note of a visit; must not block."""
