"""The copy of a mirror in memory: for registers that fit, and services that may begin anew."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.mirror.store import MirroredDossier, Place, changed, copied

_Persons = dict[str, dict[str, MirroredDossier]]
_NOTHING: Mapping[str, MirroredDossier] = {}


class MemoryMirrorStore:
    """The dossiers of each person in a mapping that is replaced with every change."""

    def __init__(self) -> None:
        self.place: Place | None = None
        self.incoming: Checkpoint | None = None
        self._persons: _Persons = {}
        self._snapshot: _Persons = {}
        self._lock = threading.Lock()

    async def open(self, dossier_types: Iterable[str]) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        """Nothing to close."""

    async def begin_snapshot(self) -> None:
        """Delete an incomplete snapshot."""
        self.incoming, self._snapshot = None, {}

    async def add(self, dossiers: Iterable[Dossier], checkpoint: Checkpoint) -> None:
        """Add a part of the snapshot."""
        for dossier in map(copied, dossiers):
            _put(self._snapshot, dossier)
        self.incoming = checkpoint

    async def complete(self, place: Place) -> None:
        """Replace the copy by the snapshot."""
        with self._lock:
            self._persons, self.place = self._snapshot, place
        await self.begin_snapshot()

    async def apply(self, mutations: Iterable[Mutation], place: Place) -> None:
        """Apply mutations to the copy."""
        dossiers = list(changed(mutations))
        with self._lock:
            for dossier in dossiers:
                _put(self._persons, dossier)
            self.place = place

    def of(self, niss: str) -> Mapping[str, MirroredDossier]:
        """The dossiers of a person."""
        with self._lock:
            return self._persons.get(niss, _NOTHING)

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers as of one revision."""
        with self._lock:
            persons = list(self._persons.items())
        for _, dossiers in sorted(persons, key=lambda each: each[0]):
            yield from dossiers.values()


def _put(persons: _Persons, dossier: MirroredDossier) -> None:
    # Every change makes a new mapping of the person's dossiers: readers of the old one are not disturbed.
    others = {
        code: each for code, each in persons.get(dossier.niss, {}).items() if code != dossier.dossier_type
    }
    if dossier.lines:
        others[dossier.dossier_type] = dossier
    if others:
        persons[dossier.niss] = dict(sorted(others.items()))
    else:
        persons.pop(dossier.niss, None)
