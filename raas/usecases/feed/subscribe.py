"""Subscribe: where a stream begins, and the messages that it sends."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.pagination import Pages
from raas.usecases.feed.catch_up import CurrentIdentity, LogPages
from raas.usecases.feed.connected import ConnectedSubscribers
from raas.usecases.feed.dispatcher import FeedDispatcher
from raas.usecases.feed.recent_log import RecentLog, StreamMessage
from raas.usecases.feed.start_position import (
    Acknowledged,
    AfterRevision,
    Latest,
    Snapshot,
    SubscribeRequest,
    acknowledged_position,
    require_kept,
    require_log,
)
from raas.usecases.feed.subscription_loop import follow_log
from raas.usecases.ports.log import EVERYTHING, LogFilter, LogHead, LogStore
from raas.usecases.ports.messages import Messages
from raas.usecases.ports.read_store import DossierFilter, ReadStore
from raas.usecases.ports.subscriber_store import SubscriberKey, SubscriberStore

_SNAPSHOT_DOSSIERS = 500
"""Dossiers in a part of a snapshot: of ordinary size they fill a tenth of a message."""

_NO_TYPES = ("",)
"""The types of a view without types: no type has this code."""


class Subscriptions:
    """The use case Subscribe."""

    def __init__(
        self,
        dispatcher: FeedDispatcher,
        logs: LogStore,
        reads: ReadStore,
        subscribers: SubscriberStore,
        connected: ConnectedSubscribers,
        pages: Pages,
        messages: Messages,
    ) -> None:
        self._dispatcher = dispatcher
        self._logs = logs
        self._reads = reads
        self._subscribers = subscribers
        self._connected = connected
        self._pages = pages
        self._messages = messages
        self._log_pages = LogPages(logs, messages, lambda: dispatcher.subscribers)

    async def stream(
        self, call: Call, register: AdmittedRegister, asked: SubscribeRequest, identity: CurrentIdentity
    ) -> AsyncGenerator[StreamMessage, None]:
        """The messages for a subscriber, without end; each has data.

        Changes of identity hold the fields that `identity` returns for each message.

        Raises Refused: DOSSIER_TYPE_UNKNOWN, SUBSCRIBER_UNKNOWN, SUBSCRIBER_FILTER_DIFFERS,
        PAGE_TOKEN_INVALID, LOG_REPLACED, REVISION_EXPIRED, REVISION_IN_FUTURE, UNAVAILABLE at shutdown;
        StoreUnavailable.
        """
        # Follow first, read the head second: a mutation committed in between is in at least one of them.
        async with self._dispatcher.follow(register.id) as recent_log:
            which, head, position, token = await self._begin(call, register, asked)
            if head.log_id != recent_log.log_id:
                # The log was replaced; the dispatcher finds out at its next poll.
                raise refuse(Reason.UNAVAILABLE)
            if head.latest.revision > recent_log.position:
                # Committed while the recent log was created, so the dispatcher was not notified.
                self._dispatcher.committed(register.id)
            key = SubscriberKey(register.id, call.caller.key.text, asked.subscriber or "")
            if asked.subscriber is not None:
                begun = 0 if isinstance(asked.start, Snapshot) else position
                reading = position if token is None else token["revision"]
                await self._subscribers.enter(key, head.log_id, which, begun, reading)
            with self._connected.of(key if asked.subscriber is not None else None):
                if isinstance(asked.start, Snapshot):
                    snapshot = self._snapshot(call, register, recent_log, which, token)
                    async with aclosing(snapshot):
                        async for message in snapshot:
                            yield message
                            position = message.through
                elif isinstance(asked.start, Latest):
                    bookmark = self._messages.bookmark(
                        recent_log.log_id, which.seen(head.latest), snapshot_complete=False
                    )
                    yield StreamMessage(bookmark, (), None, position, position)
                mutations = follow_log(
                    recent_log,
                    register.id,
                    position,
                    which,
                    identity,
                    asked.heartbeat_seconds,
                    self._log_pages,
                )
                async with aclosing(mutations):
                    async for message in mutations:
                        yield message

    async def violations(
        self, call: Call, register: AdmittedRegister, asked: SubscribeRequest
    ) -> Sequence[Violation]:
        """The violations that the state of the register adds to a request that is refused already."""
        try:
            await self._begin(call, register, asked)
        except Refused as refused:
            return refused.violations
        return ()

    async def _begin(
        self, call: Call, register: AdmittedRegister, asked: SubscribeRequest
    ) -> tuple[LogFilter, LogHead, int, dict[str, Any] | None]:
        """The filter, the log, the revision to begin after, and the content of a snapshot's resume token."""
        found: list[Violation] = []
        which = EVERYTHING
        begun: tuple[int, dict[str, Any] | None] = 0, None
        try:
            which = await log_filter(self._logs, register, asked.dossier_types, asked.kinds)
        except Refused as refused:
            found += refused.violations
        head = (await self._logs.heads((register.id,)))[register.id]
        try:
            require_log(head, asked.log_id)
            # Except for after_revision, the place depends on the filter.
            if not found or isinstance(asked.start, AfterRevision):
                begun = await self._place(call, register, asked, which, head)
        except Refused as refused:
            found += refused.violations
        if found:
            raise Refused(found)
        return which, head, *begun

    async def _place(
        self, call: Call, register: AdmittedRegister, asked: SubscribeRequest, which: LogFilter, head: LogHead
    ) -> tuple[int, dict[str, Any] | None]:
        match asked.start:
            case AfterRevision(revision=revision):
                require_kept(head, revision, "after_revision")
                return revision, None
            case Acknowledged():
                key = SubscriberKey(register.id, call.caller.key.text, asked.subscriber or "")
                earlier = call.caller.key.earlier_text
                if earlier is not None:
                    await self._subscribers.adopt(key, earlier)
                place = acknowledged_position(head, await self._subscribers.find(key), which)
                require_kept(head, place, "acknowledged")
                return place, None
            case Snapshot(resume_token=resume_token):
                return head.latest.revision, self._resumed(call, register.id, resume_token, which, head)
            case Latest():
                return head.latest.revision, None

    def _resumed(
        self, call: Call, register_id: int, resume_token: str, which: LogFilter, head: LogHead
    ) -> dict[str, Any] | None:
        try:
            content = self._pages.open(resume_token, call, register_id, which)
        except Refused:
            raise refuse(Reason.PAGE_TOKEN_INVALID, "snapshot.resume_token") from None
        if content is None:
            return None
        if content["log_id"] != str(head.log_id):
            raise refuse(Reason.LOG_REPLACED, "snapshot.resume_token", log_id=str(head.log_id))
        require_kept(head, content["revision"], "snapshot.resume_token")
        return dict(content)

    async def _snapshot(
        self,
        call: Call,
        register: AdmittedRegister,
        recent_log: RecentLog,
        which: LogFilter,
        token: dict[str, Any] | None,
    ) -> AsyncGenerator[StreamMessage, None]:
        """The dossiers as of one revision, in parts, then the bookmark with snapshot_complete."""
        dossiers = DossierFilter(dossier_types=which.dossier_types)
        if register.view.dossier_types is not None:
            # A type that the register does not have is no error here.
            dossiers = DossierFilter(within=frozenset(which.dossier_types))
        revision: int | None = None
        after: tuple[Niss, str] | None = None
        if token is not None:
            revision, after = token["revision"], (Niss(token["niss"]), token["dossier_type"])
        more = True
        while more:
            recent_log.require_open()
            page = await self._reads.page(register.id, dossiers, revision, after, _SNAPSHOT_DOSSIERS)
            revision, more = page.revision, page.more
            if not page.dossiers:
                break
            last = page.dossiers[-1]
            after = last.niss, last.dossier_type
            content = {
                "log_id": str(recent_log.log_id),
                "revision": revision,
                "niss": last.niss,
                "dossier_type": last.dossier_type,
            }
            resume_token = self._pages.seal(call, register.id, which, content)
            data = self._messages.snapshot(
                recent_log.log_id, register.enterprise_number, page.dossiers, resume_token, revision
            )
            nisses = tuple(dossier.niss for dossier in page.dossiers)
            # While the subscriber is slow, only the message is kept.
            del page, last
            yield StreamMessage(data, nisses, None, revision, revision, len(nisses))
        assert revision is not None
        point = await self._logs.point(register.id, revision)
        data = self._messages.bookmark(recent_log.log_id, which.seen(point), snapshot_complete=True)
        yield StreamMessage(data, (), None, revision, revision)


async def log_filter(
    logs: LogStore, register: AdmittedRegister, codes: tuple[str, ...], kinds: tuple[int, ...]
) -> LogFilter:
    """The filter for these types and kinds, without duplicates, sorted. Raises DOSSIER_TYPE_UNKNOWN.

    Without types it has those of the view of a caller that does not see all of them. So a subscriber, or a
    token, that begins under one view does not go on under another one.
    """
    view = register.view
    ids: Mapping[str, int] = {}
    if codes:
        ids = await logs.type_ids(register.id, [view.lookup_code(code) for code in codes])
    unknown = [code not in ids for code in codes]
    if any(unknown):
        raise Refused(
            Violation(f"dossier_types[{index}]", Reason.DOSSIER_TYPE_UNKNOWN)
            for index, missing in enumerate(unknown)
            if missing
        )
    named = tuple(sorted(set(codes)))
    which = LogFilter(named, tuple(sorted(set(kinds))), tuple(ids[code] for code in named))
    if view.is_whole:
        return which
    if not codes and view.dossier_types is not None:
        which = replace(which, dossier_types=tuple(sorted(view.dossier_types)) or _NO_TYPES)
    return replace(which, view=view)
