"""The mirror: a local copy of a register that keeps itself up to date."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.days import Day
from raas_client.errors import ChainBroken, MirrorFileFailed, MirrorStopped, StreamBroken
from raas_client.mirror.checksums import chained
from raas_client.mirror.questions import check_day, check_niss
from raas_client.mirror.store import MirroredDossier, MirrorStore, Place
from raas_client.options import Retries
from raas_client.reasons import LogReplaced, PageTokenInvalid, RevisionExpired, RevisionInFuture
from raas_client.stream.events import Bookmark, Event, Mutations, Snapshot
from raas_client.stream.starts import FromSnapshot, Start
from raas_client.stream.subscription import Subscription

_FROM_SNAPSHOT = FromSnapshot()
_log = logging.getLogger("raas_client")

CANNOT_CONTINUE = (RevisionExpired, RevisionInFuture, LogReplaced, PageTokenInvalid)
"""Refusals of a place in the log or in a snapshot that cannot be continued."""


class Subscribe(Protocol):
    """Subscribes to a register from a start."""

    def __call__(self, start: Start) -> Subscription:
        """A subscription that begins there."""


class Mirror:
    """A copy of a register, or of some of its dossier types: `async with client.mirror() as mirror`.

    Entering waits for a complete copy: the one that the file holds, however old, or a snapshot of the
    server. Without either it waits for the server, for `Patience.outage_seconds`. From then on `dossiers`,
    `knows` and `all` answer at once, from any thread and also during an outage of the server; commits
    arrive within milliseconds. Every answer is of one revision, never of half a batch or half a snapshot.

    Dossiers are found under the number in use: a replaced number has none, its successor has all of them.

    Where the copy cannot be continued (the log was trimmed beyond it, or replaced) the mirror fetches
    another one; the old copy answers until that is complete. A file that cannot be written, on a full disk
    for instance, is tried again; the last copy answers meanwhile, and `silence` grows. A damaged file stops
    the mirror. A mirror of all dossier types verifies the checksums of the log and stops at the first that
    differs. Under a mandate that is restricted to some dossier types the server sends none: then `verifies`
    is False.
    """

    def __init__(
        self, subscribe: Subscribe, store: MirrorStore, dossier_types: Collection[str], retries: Retries
    ) -> None:
        self._subscribe = subscribe
        self._store = store
        self._dossier_types = frozenset(dossier_types)
        self._retries = retries
        self._pauses = retries.pauses()
        self._file_pauses = retries.pauses()
        self._file_failure: str | None = None
        """The failure of the file that was logged last; None = the last write succeeded."""
        self._following: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._without_checksums = False
        self._snapshot_at: datetime | None = None
        """When the snapshot that is being received began; None = before this mirror was opened."""

    # ---- questions ------------------------------------------------------------------------------

    def dossiers(self, niss: str, dossier_types: Collection[str] = ()) -> Sequence[MirroredDossier]:
        """The dossiers of a person, ordered by dossier type; without `dossier_types`, of all those copied.

        Raises NissMalformed as the server does; ValueError for a dossier type that the mirror does not copy;
        MirrorStopped; MirrorFileFailed for a file that cannot be read.
        """
        check_niss(niss)
        if self._dossier_types and (others := set(dossier_types) - self._dossier_types):
            raise ValueError(f"the mirror does not copy the dossier types {', '.join(sorted(others))}")
        dossiers = self._open_store().of(niss)
        return [each for code, each in dossiers.items() if not dossier_types or code in dossier_types]

    def knows(self, niss: str, day: Day, dossier_types: Collection[str] = ()) -> bool:
        """Whether a dossier of the person covers the day; `dossier_types` as in `dossiers`.

        Raises NissMalformed and ValueInvalid as the server does, and what `dossiers` raises.
        """
        date = check_day(day)
        return any(dossier.holds(date) for dossier in self.dossiers(niss, dossier_types))

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers, ordered by number and dossier type, as of one revision.

        Raises MirrorStopped, MirrorFileFailed.
        """
        return self._open_store().all()

    @property
    def checkpoint(self) -> Checkpoint:
        """The revision of the copy, and its log."""
        return self._place().checkpoint

    @property
    def checksum(self) -> bytes | None:
        """The checksum of the log at that revision; None = not known.

        It is not known between two bookmarks in a mirror of some types, and never where the server sends no
        checksums (see `verifies`).
        """
        return self._place().checksum

    @property
    def verifies(self) -> bool:
        """Whether the mirror verifies what it receives: it copies all types, and the server sends checksums.

        The server sends none to a caller whose mandate is restricted to some dossier types. The mirror goes
        on without them; nothing but the connection then protects it from a copy that is not complete.
        """
        return not self._dossier_types and self.checksum is not None

    @property
    def silence(self) -> float:
        """The age of the copy: the seconds since it was last known to hold every change; inf = not known.

        The file keeps this time, so that a reopened mirror tells the age of its old copy. While the server is
        reachable and the mirror has caught up, the age is at most the heartbeat of the subscription. It is
        not known before the first copy, in a file of an earlier version until the next event, and when the
        clock of this machine was set back. While the mirror catches up, the record times of the server count:
        the age is as exact as the two clocks agree.
        """
        place = self._store.place
        if place is None or place.confirmed_at is None:
            return math.inf
        seconds = (_now() - place.confirmed_at).total_seconds()
        return seconds if seconds >= 0 else math.inf

    async def through(self, revision: int) -> None:
        """Wait until the copy includes a revision, such as that of the answer to a write.

        Mutations of dossier types that are not copied arrive with the next heartbeat.
        """
        await self._until(lambda: self.checkpoint.revision >= revision)

    # ---- following the register -----------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Follow the register, and wait for a complete copy."""
        await self._store.open(self._dossier_types)
        self._following = asyncio.create_task(self._follow(), name="raas-mirror")
        self._following.add_done_callback(lambda _: self._wake())
        try:
            await self._until(lambda: self._store.place is not None)
        except MirrorStopped as error:
            await self._end()
            raise error.__cause__ or error from None
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop following."""
        await self._end()

    async def _end(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
            if not self._following.cancelled():
                # It was raised already, or does not matter any more.
                self._following.exception()
        await self._store.close()

    def _open_store(self) -> MirrorStore:
        if self._following is None or self._following.done():
            stopped = MirrorStopped("the mirror does not follow its register")
            following = self._following
            if following is not None and not following.cancelled():
                stopped.__cause__ = following.exception()
            raise stopped
        return self._store

    def _place(self) -> Place:
        place = self._open_store().place
        if place is None:
            raise MirrorStopped("the mirror has no copy yet")
        return place

    async def _until(self, true: Callable[[], bool]) -> None:
        while self._open_store() and not true():
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _follow(self) -> None:
        anew = False
        while True:
            pauses = self._pauses
            try:
                if anew:
                    await self._store.begin_snapshot()
                await self._follow_from(_FROM_SNAPSHOT if anew else self._start())
            except CANNOT_CONTINUE:
                # If another snapshot fails too, the pauses grow.
                anew = True
            except MirrorFileFailed as error:
                if self._store.place is None or error.damaged:
                    raise
                if str(error) != self._file_failure:
                    _log.warning("the mirror is not up to date: %s", error)
                    self._file_failure = str(error)
                pauses, anew = self._file_pauses, False
            await asyncio.sleep(next(pauses))

    def _start(self) -> Start:
        place = self._store.place
        return self._store.incoming or (_FROM_SNAPSHOT if place is None else place.checkpoint)

    async def _follow_from(self, start: Start) -> None:
        first = start is _FROM_SNAPSHOT
        async with aclosing(self._subscribe(start).events()) as events:
            async for event in events:
                if first:
                    self._snapshot_at, first = _now(), False
                await self._take(event)
                self._file_pauses, self._file_failure = self._retries.pauses(), None
                self._wake()

    async def _take(self, event: Event) -> None:
        store = self._store
        match event:
            case Snapshot(dossiers=dossiers, checkpoint=checkpoint):
                await store.add(dossiers, checkpoint)
            case Mutations(checkpoint=checkpoint):
                place = self._place()
                mutations = event.beyond(place.checkpoint)
                checksum = None
                if mutations:
                    self._note_checksums(all(mutation.checksum for mutation in mutations))
                if self.verifies and place.checksum is not None and not self._without_checksums:
                    checksum = chained(place.checksum, mutations)
                confirmed_at = place.confirmed_at
                if mutations:
                    recorded_at = mutations[-1].record_time.ToDatetime(UTC)
                    confirmed_at = _later(confirmed_at, min(recorded_at, _now()))
                await store.apply(mutations, Place(checkpoint, checksum, confirmed_at))
            case Bookmark(snapshot_complete=True):
                incoming = store.incoming
                if incoming is not None and replace(incoming, resume_token=None) != event.checkpoint:
                    raise StreamBroken(f"a snapshot of {incoming.revision} ends at {event.revision}")
                self._note_checksums(bool(event.checksum))
                confirmed_at = self._snapshot_at or min(event.record_time, _now())
                await store.complete(Place(event.checkpoint, event.checksum or None, confirmed_at))
                self._pauses = self._retries.pauses()
            case Bookmark():
                known = self._place()
                self._note_checksums(bool(event.checksum))
                if (
                    event.checksum
                    and known.checkpoint == event.checkpoint
                    and known.checksum not in (None, event.checksum)
                ):
                    raise ChainBroken(event.revision)
                await store.apply((), Place(event.checkpoint, event.checksum or None, _now()))

    def _note_checksums(self, are_sent: bool) -> None:
        """Say once that the server sends no checksums (any more)."""
        if not are_sent and not self._without_checksums:
            _log.warning("the mirror cannot verify what it receives: the server sends no checksums")
        self._without_checksums = not are_sent


def _now() -> datetime:
    return datetime.now(UTC)


def _later(known: datetime | None, other: datetime) -> datetime:
    """The later of both; `known` does not count where it lies in the future."""
    return other if known is None or known > _now() else max(known, other)
