"""The messages of the stream, serialised once for all subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.usecases.ports.log import LogEntry, LogPoint
from raas.usecases.ports.read_store import DossierView


class Messages(Protocol):
    """Serialises messages of the stream to the bytes that are sent."""

    def entries(self, register: EnterpriseNumber, entries: Sequence[LogEntry]) -> Sequence[bytes]:
        """The bytes of each of these mutations; a message contains their concatenation."""

    def restricted(self, entries: bytes, view: RegisterView, identity: IdentityFields) -> bytes:
        """Concatenated entries, without the parts outside a view and the fields of identities not allowed."""

    def mutations(self, log_id: UUID, entries: bytes, through_revision: int) -> bytes:
        """A message of concatenated entries."""

    def bookmark(self, log_id: UUID, point: LogPoint, *, snapshot_complete: bool) -> bytes:
        """A message that states through which revision the stream is complete."""

    def snapshot(
        self,
        log_id: UUID,
        register: EnterpriseNumber,
        dossiers: Sequence[DossierView],
        resume_token: str,
        revision: int,
    ) -> bytes:
        """A message with a part of a snapshot."""
