"""Checkpoints: the place of a reader in the change feed."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place in the log of a register: everything through `revision` has been processed.

    log_id        the log: a UUID of 36 characters. A restored backup has another log, with other revisions.
    revision      the last revision that was processed
    resume_token  opaque text of at most 2,000 characters: the place lies inside a snapshot as of
                  `revision`, whose first part was processed. None = not inside a snapshot.
    filter_hash   16 characters that identify the dossier types and kinds of the subscription; a subscription
                  with other ones refuses the checkpoint. None = not known: nothing is compared. It takes no
                  part in comparisons of checkpoints.

    Keep it together with the result of the mutations, in one transaction where possible: then nothing is
    lost and nothing is counted twice after a crash.
    """

    log_id: str
    revision: int
    resume_token: str | None = None
    filter_hash: str | None = field(default=None, compare=False)

    def covers(self, log_id: str, revision: int) -> bool:
        """Whether a mutation was processed before: it came again after a reconnect, or a restart."""
        return self.resume_token is None and self.log_id == log_id and revision <= self.revision


def filter_hash(dossier_types: Collection[str], kinds: Collection[int]) -> str:
    """The `Checkpoint.filter_hash` of a subscription to these (empty = all), in any order."""
    canonical = json.dumps([sorted(set(dossier_types)), sorted(set(kinds))], separators=(",", ":"))
    return sha256(canonical.encode()).hexdigest()[:16]


class CheckpointStore(Protocol):
    """Keeps the checkpoint of one reader."""

    async def load(self) -> Checkpoint | None:
        """The checkpoint that was saved last; None = none yet."""

    async def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint. When this returns, the checkpoint is durable."""


class MemoryCheckpoints:
    """A checkpoint in memory: for tests, and for readers that begin anew with every process."""

    def __init__(self, checkpoint: Checkpoint | None = None) -> None:
        self.checkpoint = checkpoint

    async def load(self) -> Checkpoint | None:
        """The checkpoint that was saved last."""
        return self.checkpoint

    async def save(self, checkpoint: Checkpoint) -> None:
        """Replace the checkpoint."""
        self.checkpoint = checkpoint
