"""What a mirror keeps: the dossiers of a register, and where in the log they are from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
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
        """Whether one of its lines does."""
        return any(line.holds(day) for line in self.lines)


class Place(NamedTuple):
    """Where a copy is from: whole through the revision of the checkpoint.

    `checksum` is that of the log there; None where nothing can be compared with it.
    """

    checkpoint: Checkpoint
    checksum: bytes | None


class MirrorStore(Protocol):
    """The dossiers of a register, and those of a snapshot that is coming in.

    What is written is there as a whole, with its place, or not at all. Reads may come from any thread; they
    see the last whole copy, never a snapshot that is not complete.
    """

    async def open(self, dossier_types: Iterable[str]) -> None:
        """Begin. What was kept under another filter is of no use, and forgotten."""

    async def close(self) -> None:
        """End, after what is being written."""

    @property
    def place(self) -> Place | None:
        """Where the whole copy is from; None = there is none yet."""

    @property
    def incoming(self) -> Checkpoint | None:
        """How far an incomplete snapshot has come; None = there is none."""

    async def begin_snapshot(self) -> None:
        """Forget an incomplete snapshot."""

    async def add(self, dossiers: Iterable[Dossier], checkpoint: Checkpoint) -> None:
        """A further part of the snapshot."""

    async def complete(self, place: Place) -> None:
        """The snapshot is whole: put it in the place of the copy."""

    async def apply(self, mutations: Iterable[Mutation], place: Place) -> None:
        """Bring the copy from where it is to this place."""

    def of(self, niss: str) -> Mapping[str, MirroredDossier]:
        """The dossiers of a person, by dossier type."""

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers as of one revision, ordered by number and dossier type."""


def copied(dossier: Dossier) -> MirroredDossier:
    """A dossier of a snapshot."""
    return MirroredDossier(dossier.niss, dossier.dossier_type, lines_of(dossier.periods), dossier.revision)


def changed(mutations: Iterable[Mutation]) -> Iterator[MirroredDossier]:
    """The one rule of a copy: what (niss, dossier_type) is after each mutation that changes a dossier.

    No lines = it is to be forgotten.
    """
    for mutation in mutations:
        if mutation.HasField("dossier_type"):
            lines = lines_of(mutation.after)
            yield MirroredDossier(mutation.niss, mutation.dossier_type, lines, mutation.revision)
