"""Counts the calls of each RPC for charging."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.rpc.calls.usage.request_items import RequestItems
from raas.usecases.billing.counter import BillingCounter
from raas.usecases.calls.call import Call

_SERVED = frozenset({"OK", "CANCELLED"})
"""A caller that cancels a call has had it; streams usually end that way."""

_FAILED = frozenset({"UNAVAILABLE", "INTERNAL", "DEADLINE_EXCEEDED"})
"""A call that the server could not serve is not charged."""


@dataclass(slots=True)
class CallTally:
    """The counts of one call while it is served."""

    register: EnterpriseNumber | None = None
    """The register that the caller was admitted to; never one that it only asked for."""
    partner: EnterpriseNumber | None = None
    items: int = 0
    deliveries: int = 0


class Unbilled:
    """Counts nothing."""

    def received(self, tally: CallTally, request: Any) -> None:
        """A request, or a message of a stream of requests, was admitted."""

    def sent(self, call: Call, tally: CallTally) -> None:
        """A message of a stream of answers was sent."""

    def ended(self, call: Call, tally: CallTally, status: str) -> None:
        """A call ended with a status of gRPC."""


class RpcBilling(Unbilled):
    """Counts the calls of one RPC."""

    def __init__(self, counter: BillingCounter, method: MethodDescriptor) -> None:
        self._add = counter.add
        self._items = RequestItems(method)

    def received(self, tally: CallTally, request: Any) -> None:
        """Keep the items of a request until it is served."""
        tally.items += self._items.of(request)

    def sent(self, call: Call, tally: CallTally) -> None:
        """Count what a stream has served so far: it may go on for months."""
        items, deliveries = tally.items, tally.deliveries
        if items or deliveries:
            tally.items = tally.deliveries = 0
            self._add(
                call.caller, tally.register, tally.partner, call.rpc, items=items, deliveries=deliveries
            )

    def ended(self, call: Call, tally: CallTally, status: str) -> None:
        """Count a call that was served, with its items, or refused; one that failed is not counted."""
        if status in _SERVED:
            self._add(
                call.caller,
                tally.register,
                tally.partner,
                call.rpc,
                calls=1,
                items=tally.items,
                deliveries=tally.deliveries,
            )
        elif status not in _FAILED:
            self._add(call.caller, tally.register, None, call.rpc, refused=1)


def rpc_billing(counter: BillingCounter, services: Iterable[ServiceDescriptor]) -> Mapping[str, RpcBilling]:
    """The counters of the RPCs of these services, by full name."""
    return {
        f"/{service.full_name}/{method.name}": RpcBilling(counter, method)
        for service in services
        for method in service.methods
    }
