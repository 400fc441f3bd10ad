"""Reads the messages of one stream as events, and checks the promises of the stream."""

from __future__ import annotations

from datetime import UTC

from raas.v1.mutation_pb2 import Mutation
from raas.v1.mutation_stream_pb2 import Bookmark as BookmarkMessage
from raas.v1.mutation_stream_pb2 import MutationsPart, SubscribeResponse
from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.errors import StreamBroken
from raas_client.stream.events import Bookmark, Event, Mutations, Snapshot
from raas_client.stream.starts import AfterRevision, Start


class StreamReading:
    """Reads the messages of one stream in order.

    `whole`: nothing is filtered out, so that no revision may be missing, unless the server sends no
    checksums: then the caller's mandate hides some dossier types. `filter_hash` goes into the checkpoints.
    Mutations of an indivisible group that is too large for one message are held until the last of them has
    arrived.
    """

    def __init__(self, start: Start, *, whole: bool, filter_hash: str | None = None) -> None:
        self._whole = whole
        self._filter_hash = filter_hash
        self._held: list[Mutation] = []
        self._log_id: str | None = None
        self._last: int | None = None
        """The last revision of the stream so far; None = not known yet."""
        match start:
            case AfterRevision(revision=revision, log_id=log_id):
                self._last, self._log_id = revision, log_id
            case Checkpoint(log_id=log_id, revision=revision, resume_token=None):
                self._last, self._log_id = revision, log_id
            case _:
                pass

    def event(self, message: SubscribeResponse) -> Event | None:
        """The event of a message; None = no event yet. Raises StreamBroken."""
        if self._log_id not in (None, message.log_id):
            raise StreamBroken("the stream goes on in another log")
        self._log_id = message.log_id
        match message.WhichOneof("content"):
            case "snapshot":
                part = message.snapshot
                return Snapshot(
                    part.dossiers, self._checkpoint(message.log_id, part.revision, part.resume_token)
                )
            case "mutations":
                if message.mutations.mutations and not message.mutations.mutations[0].checksum:
                    self._whole = False
                return self._mutations(message.mutations, message.log_id)
            case "bookmark":
                if not message.bookmark.checksum:
                    self._whole = False
                return self._bookmark(message.bookmark, message.log_id)
            case _:
                # A kind of message that a later version of the contract adds.
                return None

    def _mutations(self, part: MutationsPart, log_id: str) -> Mutations | None:
        for mutation in part.mutations:
            revision, last = mutation.revision, self._last
            if last is not None and (revision != last + 1 if self._whole else revision <= last):
                raise StreamBroken(f"revision {revision} follows {last}")
            self._last = revision
        self._held += part.mutations
        if self._held and self._held[-1].revision > part.through_revision:
            return None
        mutations, self._held = self._held, []
        if self._whole and self._last != part.through_revision:
            raise StreamBroken(f"the stream ends at {self._last} and says {part.through_revision}")
        self._last = part.through_revision
        return Mutations(mutations, self._checkpoint(log_id, part.through_revision))

    def _bookmark(self, bookmark: BookmarkMessage, log_id: str) -> Bookmark:
        last = self._last
        if last is not None and (bookmark.revision != last if self._whole else bookmark.revision < last):
            raise StreamBroken(f"a bookmark at {bookmark.revision} follows {last}")
        if self._held:
            raise StreamBroken(f"a bookmark at {bookmark.revision} lies inside a group")
        self._last = bookmark.revision
        return Bookmark(
            bookmark.revision,
            bookmark.snapshot_complete,
            bookmark.record_time.ToDatetime(UTC),
            bookmark.checksum,
            self._checkpoint(log_id, bookmark.revision),
        )

    def _checkpoint(self, log_id: str, revision: int, resume_token: str | None = None) -> Checkpoint:
        return Checkpoint(log_id, revision, resume_token, self._filter_hash)
