"""The mutations that one write transaction appends to the log of a register, numbered and chained."""

from __future__ import annotations

from collections.abc import Callable

from raas.domain.registers.mutation import (
    MutationKind,
    caller_text,
    canonical_detail,
    chained_checksum,
    record_time_text,
    stamp_text,
)
from raas.usecases.ports.write_store import LoadedState, NewMutation

_DOSSIER_TYPE_CHANGED = MutationKind.DOSSIER_TYPE_CHANGED


class PendingLog:
    """Mutations in order; their revisions continue those of the store."""

    def __init__(self, loaded: LoadedState) -> None:
        self._record_time = record_time_text(loaded.record_time)
        self.revision = loaded.revision
        """The last revision."""
        self.checksum = loaded.checksum
        self.types_revision = loaded.types_revision
        self.mutations: list[NewMutation] = []
        """Those that were not taken yet."""

    def append(self, mutation: NewMutation) -> None:
        """Add the next one: its revision must be `revision` + 1."""
        self.mutations.append(mutation)
        self.revision = mutation.revision

    def forget(self, length: int) -> None:
        """Keep only the first `length`."""
        self.revision -= len(self.mutations) - length
        del self.mutations[length:]

    def bind(self, length: int) -> None:
        """Make all after the first `length` one group: no resume point lies inside it."""
        last = self.revision
        for mutation in self.mutations[length:]:
            mutation.batch_last_revision = last

    def take(self, code_of: Callable[[int], str]) -> list[NewMutation]:
        """The mutations since they were last taken, with their checksums; they can no longer be changed."""
        checksum, record_time = self.checksum, self._record_time
        # Mutations of one call share one stamp: its text is made once.
        stamp, caller, stamped = "", "", None
        for m in self.mutations:
            if m.stamp is not stamped:
                stamp, caller, stamped = stamp_text(m.stamp), caller_text(m.stamp), m.stamp
            checksum = m.checksum = chained_checksum(
                checksum,
                m.revision,
                m.batch_last_revision,
                m.kind,
                m.niss,
                m.requested_niss,
                "" if m.dossier_type_id is None else code_of(m.dossier_type_id),
                ",".join(m.dossier_types),
                m.before,
                m.after,
                record_time,
                stamp,
                canonical_detail(m.detail),
                caller,
            )
            if m.kind is _DOSSIER_TYPE_CHANGED:
                self.types_revision = m.revision
        taken, self.mutations = self.mutations, []
        self.checksum = checksum
        return taken
