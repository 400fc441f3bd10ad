"""MutationStream: mutations, streamed as they are committed, or listed."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from itertools import chain

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.use_cases import StreamUseCases
from raas.rpc.wire.audit.audited import mutation_filter_json
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.rpc.wire.subscriptions import listing_bytes, read_listing, read_subscription
from raas.v1 import mutation_stream_pb2 as v1


class Mutations:
    """Subscribe and ListMutations; their answers are serialised once for all subscribers."""

    def __init__(self, use_cases: StreamUseCases, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._access = scopes.access
        self._request = scopes.open
        self._messages = StreamMessages()

    async def Subscribe(self, request: v1.SubscribeRequest, context: object) -> AsyncGenerator[bytes, None]:
        """Stream the mutations of a register as serialised SubscribeResponses."""
        async with self._request(request) as r:
            asked = read_subscription(request, r.faults)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.subscriptions.violations(r.call, register, asked))
            r.require_bulk_reads()
            await r.name_types(register, asked.dossier_types)
            identity = self._access.live_identity_fields(r.call, register)
            r.guard_contents(identity)
            messages = self._use_cases.subscriptions.stream(r.call, register, asked, identity)
            extents, which = r.extents(), mutation_filter_json(asked, register.view)
            r.audit.read_bulk(which)
            async with aclosing(messages):
                async for message in messages:
                    if message.revisions is not None:
                        if extents is not None:
                            await extents.revisions(which, *message.revisions)
                        r.audit.sent(len(message.nisses), message.revisions)
                    elif message.nisses:
                        if extents is not None:
                            await extents.state({**which, "snapshot": True}, message.position)
                        r.audit.sent(len(message.nisses))
                    r.tally.deliveries += message.delivered
                    yield message.data

    async def ListMutations(self, request: v1.ListMutationsRequest, context: object) -> bytes:
        """List the mutations after a revision; answers a serialised ListMutationsResponse."""
        async with self._request(request) as r:
            asked = read_listing(request, r.rules, r.faults)
            r.audit.touched = () if asked.niss is None else (asked.niss,)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.listing.violations(register, asked))
            if asked.niss is None:
                r.require_bulk_reads()
            await r.name_types(register, asked.dossier_types)
            answer = await self._use_cases.listing.page(r.call, register, asked)
            entries = answer.entries
            r.audit.read_bulk(mutation_filter_json(asked, register.view))
            if entries:
                r.audit.sent(len(entries), (entries[0].revision, entries[-1].revision))
            if asked.niss is not None:
                shown = (entry.niss for entry in entries if entry.niss is not None)
                r.audit.shown = chain(*answer.resolved, shown)
            r.tally.deliveries = len(answer.entries)
            fields = await self._access.identity_fields(r.call, register)
            return listing_bytes(answer, register.view, fields, self._messages)
