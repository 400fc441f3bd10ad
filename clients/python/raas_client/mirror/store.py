"""The store of a mirror: the dossiers of a register, and their place in the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.days import Line, lines_of


@dataclass(frozen=True, slots=True)
class MirroredDossier:
    """A dossier with at least one line, oldest first; `revision` is that of its last change."""

    niss: str
    dossier_type: str
    lines: tuple[Line, ...]
    revision: int

    def holds(self, day: date) -> bool:
        """Whether a day lies in one of its lines."""
        return any(line.holds(day) for line in self.lines)


class Place(NamedTuple):
    """The place of a copy in the log: complete through the revision of the checkpoint.

    `checksum` is that of the log at this revision; None = not known. `confirmed_at`: the copy holds every
    change until this instant; None = not known.
    """

    checkpoint: Checkpoint
    checksum: bytes | None
    confirmed_at: datetime | None = None


class MirrorStore(Protocol):
    """The dossiers of a register, and those of a snapshot that is being received.

    Every write is atomic and includes the place. Reads are allowed from any thread; they see the last
    complete copy, never an incomplete snapshot. Raises MirrorInUse, MirrorFileFailed; MirrorStopped once the
    store is closed.
    """

    async def open(self, dossier_types: Iterable[str]) -> None:
        """Open the store. A copy of other dossier types is deleted."""

    async def close(self) -> None:
        """Close the store, after a write in progress."""

    @property
    def place(self) -> Place | None:
        """The place of the complete copy; None = there is none yet."""

    @property
    def incoming(self) -> Checkpoint | None:
        """The checkpoint of an incomplete snapshot; None = there is none."""

    async def begin_snapshot(self) -> None:
        """Delete an incomplete snapshot."""

    async def add(self, dossiers: Iterable[Dossier], checkpoint: Checkpoint) -> None:
        """Add a part of the snapshot."""

    async def complete(self, place: Place) -> None:
        """Replace the copy by the snapshot, which is complete."""

    async def apply(self, mutations: Iterable[Mutation], place: Place) -> None:
        """Apply the mutations between the place of the copy and this one."""

    def of(self, niss: str) -> Mapping[str, MirroredDossier]:
        """The dossiers of a person, by dossier type."""

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers as of one revision, ordered by number and dossier type."""


def copied(dossier: Dossier) -> MirroredDossier:
    """A dossier of a snapshot."""
    return MirroredDossier(dossier.niss, dossier.dossier_type, lines_of(dossier.periods), dossier.revision)


def changed(mutations: Iterable[Mutation]) -> Iterator[MirroredDossier]:
    """The state of the dossier after each mutation that changes one; without lines it is to be deleted."""
    for mutation in mutations:
        if mutation.HasField("dossier_type"):
            lines = lines_of(mutation.after)
            yield MirroredDossier(mutation.niss, mutation.dossier_type, lines, mutation.revision)
