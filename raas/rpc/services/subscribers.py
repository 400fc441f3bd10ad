"""MutationStream: the named subscribers and how far they have come."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Sequence

from raas.rpc.calls.request_scope import RequestScopes, list_page
from raas.rpc.wire.fields import read_revision
from raas.rpc.wire.subscriptions import (
    read_log_id,
    read_subscriber,
    read_subscriber_caller,
    subscriber_message,
)
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.feed.acknowledgements import ManageSubscribers
from raas.usecases.ports.subscriber_store import Subscriber
from raas.v1 import mutation_stream_pb2 as v1


class Subscribers:
    """Acknowledge, ListSubscribers and DeleteSubscriber."""

    def __init__(self, use_cases: ManageSubscribers, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._access = scopes.access
        self._request = scopes.open

    async def Acknowledge(self, request: v1.AcknowledgeRequest, context: object) -> v1.AcknowledgeResponse:
        """Store how far a subscriber has come."""
        async with self._request(request) as r:
            name = read_subscriber(request.subscriber, r.faults)
            revision = read_revision("revision", request.revision, r.faults)
            log_id = read_log_id(request, r.faults)
            register = await r.admit()
            r.refuse_faults()
            acknowledged = await self._use_cases.acknowledge(r.call, register, name, revision, log_id)
            return v1.AcknowledgeResponse(acknowledged_revision=acknowledged)

    async def ListSubscribers(
        self, request: v1.ListSubscribersRequest, context: object
    ) -> v1.ListSubscribersResponse:
        """List the named subscribers of a register."""
        async with self._request(request) as r:
            subscribers, token = await list_page(r, request, self._page)
            return v1.ListSubscribersResponse(
                subscribers=[subscriber_message(each) for each in subscribers], next_page_token=token
            )

    async def DeleteSubscriber(
        self, request: v1.DeleteSubscriberRequest, context: object
    ) -> v1.DeleteSubscriberResponse:
        """Delete a named subscriber."""
        async with self._request(request) as r:
            name = read_subscriber(request.subscriber, r.faults)
            whose = read_subscriber_caller(request, r.faults)
            register = await r.admit()
            r.refuse_faults()
            all_callers = self._access.administers(r.call, register)
            await self._use_cases.delete(r.call, register, name, whose, all_callers=all_callers)
            return v1.DeleteSubscriberResponse()

    async def _page(
        self, call: Call, register: AdmittedRegister, size: int, token: str
    ) -> tuple[Sequence[Subscriber], str]:
        all_callers = self._access.administers(call, register)
        return await self._use_cases.page(call, register, size, token, all_callers=all_callers)
