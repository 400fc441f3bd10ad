"""The messages of the stream, serialised once for all subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.usecases.ports.log import LogEntry, LogPoint
from raas.usecases.ports.read_store import DossierView


class Messages(Protocol):
    """How what is streamed is written down: bytes that leave as they are."""

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        """Each of these mutations; those of several are joined without anything between them."""

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        """A message of joined entries."""

    def bookmark(self, log_id: UUID, point: LogPoint, *, snapshot_complete: bool) -> bytes:
        """A message that says through which revision the stream is complete."""

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        """A message with a part of a snapshot."""
