"""The change feed: every mutation of a register, in order, once it is committed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence

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
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.checkpoints.checkpoint import Checkpoint, CheckpointStore
from raas_client.stream.starts import FromLatest, Start
from raas_client.stream.subscription import Subscription

_LATEST = FromLatest()
_LONGEST_HEARTBEAT = 300


class Feed:
    """The calls of MutationStream: subscribe, list, acknowledge."""

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
        """The events of the register: an endless `async for` that continues after outages.

        It begins at the checkpoint in `checkpoints`, if there is one, else at `start`: AfterRevision,
        FromSnapshot, FromLatest, FromAcknowledged, or a Checkpoint. `dossier_types` and `kinds` filter;
        empty = all. `subscriber` is a name under which the server keeps the place of the reader, and does not
        trim the log beyond it; the subscription acknowledges processed events itself. After
        `heartbeat_seconds` (1 to 300) without news a Bookmark is sent.
        """
        if not 1 <= heartbeat_seconds <= _LONGEST_HEARTBEAT:
            raise ValueError(f"heartbeat_seconds is 1 to {_LONGEST_HEARTBEAT}, not {heartbeat_seconds}")
        wanted = SubscribeRequest(
            register=self._calls.register,
            subscriber=subscriber,
            dossier_types=dossier_types,
            kinds=kinds,
            heartbeat_interval=Duration(seconds=heartbeat_seconds),
        )
        return Subscription(self._calls, wanted, start, checkpoints, heartbeat_seconds)

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
        """The mutations after a revision through the newest one, oldest first: for polling.

        `log_id` is the log of `after_revision`, if known; raises LogReplaced where the register has another.
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
                page = await self._calls.unary(lambda stubs: stubs.stream.ListMutations, request)
                yield page
                request.page_token = page.next_page_token
                if page.next_page_token:
                    continue  # the next part of a group that exceeds one response
                if page.through_revision >= page.latest_revision:
                    return
                request.after_revision, request.log_id = page.through_revision, page.log_id

        return Pages(pages, lambda page: page.mutations)

    async def acknowledge(self, subscriber: str, checkpoint: Checkpoint) -> int:
        """Acknowledge everything through a checkpoint; returns the acknowledged revision.

        A subscription with `subscriber` acknowledges itself.
        """
        request = AcknowledgeRequest(
            register=self._calls.register,
            subscriber=subscriber,
            revision=checkpoint.revision,
            log_id=checkpoint.log_id,
        )
        return (
            await self._calls.unary(lambda stubs: stubs.stream.Acknowledge, request)
        ).acknowledged_revision

    def subscribers(self) -> Pages[ListSubscribersResponse, Subscriber]:
        """The named subscribers with their lag, ordered by caller and name."""
        request = ListSubscribersRequest(register=self._calls.register, page_size=LARGEST_PAGE)
        return self._calls.listed(
            lambda stubs: stubs.stream.ListSubscribers, request, lambda page: page.subscribers
        )

    async def delete_subscriber(self, subscriber: str, subscriber_caller: str | None = None) -> None:
        """Delete a named subscriber; the owner of the register may delete that of another caller."""
        request = DeleteSubscriberRequest(
            register=self._calls.register, subscriber=subscriber, subscriber_caller=subscriber_caller
        )
        await self._calls.unary(lambda stubs: stubs.stream.DeleteSubscriber, request)
