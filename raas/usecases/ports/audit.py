"""The audit: a record of every call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One call, or one message of a stream, as the audit is told of it before the answer leaves."""

    rpc: str
    caller: EnterpriseNumber
    register: EnterpriseNumber | None
    nisses: Iterable[Niss]
    """Numbers touched or shown."""
    revisions: tuple[int, int] | None
    """First and last revision shown, where the log was read."""
    outcome: str
    """OK, or the reason of the refusal."""


class Audit(Protocol):
    """Receives the record of every call before its answer leaves."""

    def record(self, record: AuditRecord, /) -> None:
        """Take note of a call; must not block."""
