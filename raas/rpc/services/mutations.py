"""MutationStream: mutations, streamed as they are committed, or listed."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.services.use_cases import StreamUseCases
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
            identity = self._access.live_identity_fields(r.call, register)
            r.guard_contents(identity)
            shipments = self._use_cases.subscriptions.stream(r.call, register, asked, identity)
            async with aclosing(shipments):
                async for shipment in shipments:
                    if shipment.data is None:
                        continue
                    if shipment.nisses or shipment.revisions:
                        r.note(shipment.nisses, shipment.revisions)
                    r.tally.deliveries += shipment.delivered
                    yield shipment.data

    async def ListMutations(self, request: v1.ListMutationsRequest, context: object) -> bytes:
        """List the mutations after a revision; answers a serialised ListMutationsResponse."""
        async with self._request(request) as r:
            asked = read_listing(request, r.rules, r.faults)
            r.audit.nisses = () if asked.niss is None else (asked.niss,)
            register = await r.admit()
            if r.faults:
                r.refuse_faults(await self._use_cases.listing.violations(register, asked))
            answer = await self._use_cases.listing.page(r.call, register, asked)
            if answer.entries:
                r.audit.nisses = {entry.niss: None for entry in answer.entries if entry.niss is not None}
                r.audit.revisions = answer.entries[0].revision, answer.entries[-1].revision
            r.tally.deliveries = len(answer.entries)
            fields = await self._access.identity_fields(r.call, register)
            return listing_bytes(answer, register.view, fields, self._messages)
