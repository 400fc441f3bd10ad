"""What a subscription brings. Every event has the checkpoint of one who has dealt with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A part of a snapshot: the next dossiers, whole, in order of number and type, as of `revision`."""

    dossiers: Sequence[Dossier]
    checkpoint: Checkpoint

    @property
    def revision(self) -> int:
        """The revision of the whole snapshot."""
        return self.checkpoint.revision


@dataclass(frozen=True, slots=True)
class Mutations:
    """The next mutations that match, in order; they never end inside an operation, a batch, a replacement.

    Everything that matches through the revision of the checkpoint has then been told.
    """

    mutations: Sequence[Mutation]
    checkpoint: Checkpoint

    def beyond(self, known: Checkpoint | None) -> Sequence[Mutation]:
        """Those that `known` does not cover: without the ones that come a second time."""
        if known is None:
            return self.mutations
        return [each for each in self.mutations if not known.covers(self.checkpoint.log_id, each.revision)]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Everything that matches, through `revision`, has been told.

    `snapshot_complete`: who dealt with everything received holds the register exactly as of `revision`.
    `checksum` is that of the whole log at `revision`, whatever the filters.
    """

    revision: int
    snapshot_complete: bool
    record_time: datetime
    checksum: bytes
    checkpoint: Checkpoint


Event = Snapshot | Mutations | Bookmark
