"""Where a reader of the stream stands, and where it keeps that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A place in the log of a register: everything through `revision` has been dealt with.

    With a `resume_token` it lies inside a snapshot as of `revision`: so much of it has been dealt with. Keep
    it with what was made of the mutations, in one transaction where you can: then nothing is lost and
    nothing counted twice, whatever dies.
    """

    log_id: str
    revision: int
    resume_token: str | None = None

    def covers(self, log_id: str, revision: int) -> bool:
        """Whether a mutation was dealt with before: it came again after a reconnect, or a restart."""
        return self.resume_token is None and self.log_id == log_id and revision <= self.revision


class CheckpointStore(Protocol):
    """Keeps the checkpoint of one reader."""

    async def load(self) -> Checkpoint | None:
        """The checkpoint kept last; None when there is none yet."""

    async def save(self, checkpoint: Checkpoint) -> None:
        """Keep it in place of the one before; once this returns it is there for good."""


class MemoryCheckpoints:
    """For tests, and for readers that begin anew with every process."""

    def __init__(self, checkpoint: Checkpoint | None = None) -> None:
        self.checkpoint = checkpoint

    async def load(self) -> Checkpoint | None:
        """The checkpoint kept last."""
        return self.checkpoint

    async def save(self, checkpoint: Checkpoint) -> None:
        """Keep it."""
        self.checkpoint = checkpoint
