"""A local copy of a register that keeps itself up to date and answers by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import aclosing
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self

from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.days import Day, day_of
from raas_client.errors import ChainBroken, MirrorStopped, StreamBroken
from raas_client.mirror.checksums import chained
from raas_client.mirror.store import MirroredDossier, MirrorStore, Place
from raas_client.options import Retries
from raas_client.reasons import LogReplaced, PageTokenInvalid, RevisionExpired, RevisionInFuture
from raas_client.stream.events import Bookmark, Event, Mutations, Snapshot
from raas_client.stream.starts import FromSnapshot, Start
from raas_client.stream.subscription import Subscription

_FROM_SNAPSHOT = FromSnapshot()

NO_GOING_ON = (RevisionExpired, RevisionInFuture, LogReplaced, PageTokenInvalid)
"""What a reader is told whose place in the log, or in a snapshot, is of no use any more."""


class Following(Protocol):
    """Subscribes from a start, or from a checkpoint."""

    def __call__(self, start: Start) -> Subscription:
        """A subscription that begins there."""


class Mirror:
    """A copy of a register, or of some of its dossier types: `async with client.mirror() as mirror`.

    Entering waits for a whole copy, and raises what stands in its way. From then on `dossiers`, `knows` and
    `all` answer at once, from any thread and also while the server is away; what is committed arrives
    within milliseconds. Every answer is of one revision, never of half a change, a batch or a snapshot.

    The numbers are those that dossiers are kept under: a replaced one has nothing, its successor all.

    When the copy can no longer be brought up to date (the log was trimmed beyond it, or replaced) another
    one is fetched; the one before answers until that is whole. A copy of all types computes the
    checksums of the log as it goes, and stops at the first one that differs.
    """

    def __init__(
        self, subscribe: Following, store: MirrorStore, dossier_types: Collection[str], retries: Retries
    ) -> None:
        self._subscribe = subscribe
        self._store = store
        self._dossier_types = frozenset(dossier_types)
        self._retries = retries
        self._pauses = retries.pauses()
        self._following: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._heard = time.monotonic()

    # ---- what it knows --------------------------------------------------------------------------

    def dossiers(self, niss: str, dossier_types: Collection[str] = ()) -> Sequence[MirroredDossier]:
        """The dossiers of a person, ordered by dossier type; of these types only, where some are named."""
        dossiers = self._whole().of(niss)
        return [each for code, each in dossiers.items() if not dossier_types or code in dossier_types]

    def knows(self, niss: str, day: Day, dossier_types: Collection[str] = ()) -> bool:
        """Whether the register knows the person on a day, in one of these roles (none = in any)."""
        date = day_of(day)
        return any(dossier.holds(date) for dossier in self.dossiers(niss, dossier_types))

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers, ordered by number and dossier type, as of one revision."""
        return self._whole().all()

    @property
    def checkpoint(self) -> Checkpoint:
        """The revision that the copy is of, and its log."""
        return self._place().checkpoint

    @property
    def checksum(self) -> bytes | None:
        """The checksum of the log at that revision; None where it cannot be told (of some types only)."""
        return self._place().checksum

    @property
    def silence(self) -> float:
        """For how many seconds nothing was heard: the copy is no older than that.

        At most the heartbeat of the subscription, while the server is there.
        """
        return time.monotonic() - self._heard

    async def through(self, revision: int) -> None:
        """Wait until the copy holds this revision: that of an answer to a write, for instance.

        What other dossier types than those copied did is known with the next heartbeat.
        """
        await self._until(lambda: self.checkpoint.revision >= revision)

    # ---- how it comes to know -------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Begin to follow, and wait for a whole copy."""
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
        """Follow no longer."""
        await self._end()

    async def _end(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.wait([self._following])
            if not self._following.cancelled():
                # Told already, or of no interest to who leaves.
                self._following.exception()
        await self._store.close()

    def _whole(self) -> MirrorStore:
        if self._following is None or self._following.done():
            stopped = MirrorStopped("the mirror does not follow its register")
            following = self._following
            if following is not None and not following.cancelled():
                stopped.__cause__ = following.exception()
            raise stopped
        return self._store

    def _place(self) -> Place:
        place = self._whole().place
        if place is None:
            raise MirrorStopped("the mirror has no copy yet")
        return place

    async def _until(self, true: Callable[[], bool]) -> None:
        while self._whole() and not true():
            await self._changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def _follow(self) -> None:
        place = self._store.place
        start: Start = self._store.incoming or (_FROM_SNAPSHOT if place is None else place.checkpoint)
        while True:
            try:
                await self._follow_from(start)
            except NO_GOING_ON:
                # Where another snapshot does not help either, ever more slowly.
                await asyncio.sleep(next(self._pauses))
            await self._store.begin_snapshot()
            start = _FROM_SNAPSHOT

    async def _follow_from(self, start: Start) -> None:
        async with aclosing(self._subscribe(start).events()) as events:
            async for event in events:
                await self._take(event)
                self._heard = time.monotonic()
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
                if not self._dossier_types and place.checksum is not None:
                    checksum = chained(place.checksum, mutations)
                await store.apply(mutations, Place(checkpoint, checksum))
            case Bookmark(snapshot_complete=True):
                incoming = store.incoming
                if incoming is not None and replace(incoming, resume_token=None) != event.checkpoint:
                    raise StreamBroken(f"a snapshot of {incoming.revision} ends at {event.revision}")
                await store.complete(Place(event.checkpoint, event.checksum))
                self._pauses = self._retries.pauses()
            case Bookmark():
                known = self._place()
                if known.checkpoint == event.checkpoint and known.checksum not in (None, event.checksum):
                    raise ChainBroken(event.revision)
                if known != (event.checkpoint, event.checksum):
                    await store.apply((), Place(event.checkpoint, event.checksum))
