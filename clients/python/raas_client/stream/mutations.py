"""MutationStream: every change of a register, once it is committed, in order."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

from google.protobuf.duration_pb2 import Duration

from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.mutation_stream_pb2 import (
    AcknowledgeRequest,
    DeleteSubscriberRequest,
    ListMutationsRequest,
    ListMutationsResponse,
    ListSubscribersRequest,
    ListSubscribersResponse,
    SubscribeRequest,
)
from raas.v1.subscriber_pb2 import Subscriber
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import Pages
from raas_client.checkpoints.checkpoint import Checkpoint, CheckpointStore
from raas_client.mirror.memory import MemoryCopy
from raas_client.mirror.mirror import Mirror
from raas_client.mirror.sqlite import SqliteCopy
from raas_client.stream.starts import FromLatest, Start
from raas_client.stream.subscription import Subscription

_LATEST = FromLatest()


class Stream:
    """What happened to a register, and what happens."""

    _calls: Calls

    def subscribe(
        self,
        start: Start = _LATEST,
        *,
        checkpoints: CheckpointStore | None = None,
        dossier_types: Sequence[str] = (),
        kinds: Sequence[MutationKind.ValueType] = (),
        subscriber: str | None = None,
        heartbeat_seconds: int = 15,
    ) -> Subscription:
        """Follow the register: an endless `async for` over events that goes on by itself after an outage.

        It begins where `checkpoints` says, else at `start`: AfterRevision, FromSnapshot, FromLatest,
        FromAcknowledged, or a Checkpoint. `dossier_types` and `kinds` filter; empty = all. `subscriber` is a
        name under which the server remembers the reader, and keeps the log for it; its place is
        acknowledged as events are dealt with. After `heartbeat_seconds` (1 to 300) without news a Bookmark
        comes.
        """
        wanted = SubscribeRequest(
            register=self._calls.register,
            subscriber=subscriber,
            dossier_types=dossier_types,
            kinds=kinds,
            heartbeat_interval=Duration(seconds=heartbeat_seconds),
        )
        return Subscription(self._calls, wanted, start, checkpoints, heartbeat_seconds)

    def mirror(
        self,
        path: str | Path | None = None,
        *,
        dossier_types: Sequence[str] = (),
        subscriber: str | None = None,
        heartbeat_seconds: int = 15,
    ) -> Mirror:
        """A local copy of the register that keeps itself up to date: an `async with` block.

        It is in memory, or in a file of SQLite at `path`, which goes on after a restart where it was.
        `dossier_types`: these only. `subscriber` and `heartbeat_seconds` are those of `subscribe`.
        """

        def subscribe(start: Start) -> Subscription:
            return self.subscribe(
                start,
                dossier_types=dossier_types,
                subscriber=subscriber,
                heartbeat_seconds=heartbeat_seconds,
            )

        copy = MemoryCopy() if path is None else SqliteCopy(path)
        return Mirror(subscribe, copy, dossier_types, self._calls.retries)

    def mutations(
        self,
        after_revision: int = 0,
        *,
        log_id: str | None = None,
        dossier_types: Sequence[str] = (),
        kinds: Sequence[MutationKind.ValueType] = (),
        niss: str | None = None,
        page_size: int = 1_000,
    ) -> Pages[ListMutationsResponse, Mutation]:
        """The mutations after a revision through the newest one, oldest first: for those who poll.

        `log_id` is the log of `after_revision`, where it is known: another one raises LogReplaced.
        """

        async def pages() -> AsyncGenerator[ListMutationsResponse, None]:
            request = ListMutationsRequest(
                register=self._calls.register,
                after_revision=after_revision,
                log_id=log_id,
                dossier_types=dossier_types,
                kinds=kinds,
                niss=niss,
                page_size=page_size,
            )
            while True:
                page = await self._calls.unary(self._calls.stubs.stream.ListMutations, request)
                yield page
                if page.through_revision >= page.latest_revision:
                    return
                request.after_revision, request.log_id = page.through_revision, page.log_id

        return Pages(pages, lambda page: page.mutations)

    async def acknowledge(self, subscriber: str, checkpoint: Checkpoint) -> int:
        """Tell the server that everything through a checkpoint is dealt with; answers where it then stands.

        A subscription under a name does it by itself.
        """
        request = AcknowledgeRequest(
            register=self._calls.register,
            subscriber=subscriber,
            revision=checkpoint.revision,
            log_id=checkpoint.log_id,
        )
        return (await self._calls.unary(self._calls.stubs.stream.Acknowledge, request)).acknowledged_revision

    def subscribers(self) -> Pages[ListSubscribersResponse, Subscriber]:
        """The named subscribers, with how far they are behind, ordered by caller and name."""

        def pages() -> AsyncGenerator[ListSubscribersResponse, None]:
            request = ListSubscribersRequest(register=self._calls.register, page_size=1_000)
            return self._calls.paged(lambda stubs: stubs.stream.ListSubscribers, request)

        return Pages(pages, lambda page: page.subscribers)

    async def delete_subscriber(self, subscriber: str, subscriber_caller: str | None = None) -> None:
        """Forget a named subscriber; the owner of the register may name that of another caller."""
        request = DeleteSubscriberRequest(
            register=self._calls.register, subscriber=subscriber, subscriber_caller=subscriber_caller
        )
        await self._calls.unary(self._calls.stubs.stream.DeleteSubscriber, request)
