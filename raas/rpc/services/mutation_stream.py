"""MutationStream: what changed, as it changes."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import grpc
import grpc.aio

from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults, together
from raas.rpc.services.use_cases import StreamUseCases
from raas.rpc.wire.fields import check_page_size, read_enterprise_number, read_register
from raas.rpc.wire.mutations.stream import StreamMessages
from raas.rpc.wire.subscriptions import (
    listing_bytes,
    read_listing,
    read_log_id,
    read_revision,
    read_subscriber,
    read_subscription,
    subscriber_message,
)
from raas.v1 import mutation_stream_pb2 as v1

_SERVICE = v1.DESCRIPTOR.services_by_name["MutationStream"].full_name


class MutationStream:
    """Streams and lists mutations, and keeps the places of subscribers."""

    def __init__(self, use_cases: StreamUseCases, scope: RequestScope) -> None:
        self._use_cases = use_cases
        self._scope = scope
        self._messages = StreamMessages()

    async def Subscribe(self, request: v1.SubscribeRequest, context: object) -> AsyncGenerator[bytes, None]:
        """Stream the mutations of a register; every message is noted before it leaves."""
        request_context = current()
        call, access = request_context.call, self._scope.access
        with access.audit_scope(call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            asked = read_subscription(request, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            if faults:
                found = await self._use_cases.subscriptions.violations(call, register, asked)
                refuse_faults(together(faults, found))
            shipments = self._use_cases.subscriptions.stream(call, register, asked)
            async with aclosing(shipments):
                async for shipment in shipments:
                    if shipment.data is None:
                        continue
                    if shipment.nisses or shipment.revisions:
                        access.note(
                            call, register.enterprise_number, shipment.nisses, shipment.revisions, "OK"
                        )
                    yield shipment.data

    async def ListMutations(self, request: v1.ListMutationsRequest, context: object) -> bytes:
        """List the mutations after a revision."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            asked = read_listing(request, self._scope.rules(), faults)
            audit_scope.nisses = () if asked.niss is None else (asked.niss,)
            register = await self._scope.admit(audit_scope, number, faults)
            if faults:
                found = await self._use_cases.listing.violations(register, asked)
                refuse_faults(together(faults, found))
            answer = await self._use_cases.listing.page(request_context.call, register, asked)
            if answer.entries:
                audit_scope.nisses = {entry.niss: None for entry in answer.entries if entry.niss is not None}
                audit_scope.revisions = answer.entries[0].revision, answer.entries[-1].revision
            return listing_bytes(answer, self._messages)

    async def Acknowledge(self, request: v1.AcknowledgeRequest, context: object) -> v1.AcknowledgeResponse:
        """Store how far a subscriber has come."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            name = read_subscriber(request.subscriber, faults)
            revision = read_revision("revision", request.revision, faults)
            log_id = read_log_id(request, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            acknowledged = await self._use_cases.subscribers.acknowledge(
                request_context.call, register, name, revision, log_id
            )
            return v1.AcknowledgeResponse(acknowledged_revision=acknowledged)

    async def ListSubscribers(
        self, request: v1.ListSubscribersRequest, context: object
    ) -> v1.ListSubscribersResponse:
        """List the named subscribers of a register."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            check_page_size(request.page_size, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            subscribers, token = await self._use_cases.subscribers.page(
                request_context.call, register, request.page_size, request.page_token
            )
            return v1.ListSubscribersResponse(
                subscribers=[subscriber_message(each) for each in subscribers], next_page_token=token
            )

    async def DeleteSubscriber(
        self, request: v1.DeleteSubscriberRequest, context: object
    ) -> v1.DeleteSubscriberResponse:
        """Forget a named subscriber."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            name = read_subscriber(request.subscriber, faults)
            whose = None
            if request.HasField("subscriber_caller"):
                whose = read_enterprise_number("subscriber_caller", request.subscriber_caller, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            await self._use_cases.subscribers.delete(request_context.call, register, name, whose)
            return v1.DeleteSubscriberResponse()


def add_mutation_stream(servicer: MutationStream, server: grpc.aio.Server) -> None:
    """Serve MutationStream; what is streamed and listed is bytes already, written once for many."""
    unary = grpc.unary_unary_rpc_method_handler
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        "Subscribe": grpc.unary_stream_rpc_method_handler(
            servicer.Subscribe, v1.SubscribeRequest.FromString, bytes
        ),
        "ListMutations": unary(servicer.ListMutations, v1.ListMutationsRequest.FromString, bytes),
        "Acknowledge": unary(
            servicer.Acknowledge,
            v1.AcknowledgeRequest.FromString,
            v1.AcknowledgeResponse.SerializeToString,
        ),
        "ListSubscribers": unary(
            servicer.ListSubscribers,
            v1.ListSubscribersRequest.FromString,
            v1.ListSubscribersResponse.SerializeToString,
        ),
        "DeleteSubscriber": unary(
            servicer.DeleteSubscriber,
            v1.DeleteSubscriberRequest.FromString,
            v1.DeleteSubscriberResponse.SerializeToString,
        ),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, handlers),))
