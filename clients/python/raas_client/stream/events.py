"""The events of a subscription; each has the checkpoint of a reader that has processed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client.checkpoints.checkpoint import Checkpoint


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A part of a snapshot: the next dossiers, complete, in order of number and type, as of `revision`."""

    dossiers: Sequence[Dossier]
    checkpoint: Checkpoint

    @property
    def revision(self) -> int:
        """The revision of the whole snapshot."""
        return self.checkpoint.revision


@dataclass(frozen=True, slots=True)
class Mutations:
    """The next mutations that match, in order; never half an operation, a batch or a replacement.

    With them every matching mutation through the revision of the checkpoint was received.
    """

    mutations: Sequence[Mutation]
    checkpoint: Checkpoint

    def beyond(self, known: Checkpoint | None) -> Sequence[Mutation]:
        """The mutations that `known` does not cover: those that were not processed before."""
        if known is None:
            return self.mutations
        return [each for each in self.mutations if not known.covers(self.checkpoint.log_id, each.revision)]


@dataclass(frozen=True, slots=True)
class Bookmark:
    """Every matching mutation through `revision` was received.

    `snapshot_complete`: the dossiers received are the whole register as of `revision`. `checksum` is that of
    the whole log at `revision`, regardless of filters; empty under a mandate for some dossier types only.
    """

    revision: int
    snapshot_complete: bool
    record_time: datetime
    checksum: bytes
    checkpoint: Checkpoint


Event = Snapshot | Mutations | Bookmark
