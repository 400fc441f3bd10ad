"""Billable usage in requests and answers."""

from __future__ import annotations

from raas.domain.billing import Month, UsageRow, month_text, parse_month
from raas.domain.invalid import Invalid
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.rpc.wire.fields import Faults, check_page_size, read_optional_number, read_register
from raas.usecases.billing.list_usage import AskedUsage
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import usage_pb2


def read_asked_usage(request: v1.GetUsageRequest, faults: Faults) -> AskedUsage:
    """The usage that a request asks for."""
    caller = read_optional_number("caller", request, faults)
    register = read_register(request, faults)
    first = _month("from_month", request.from_month, faults)
    last = _month("until_month", request.until_month, faults)
    check_page_size(request.page_size, faults)
    return AskedUsage(caller, register, first, last)


def usage_message(row: UsageRow) -> usage_pb2.Usage:
    """The message of a row."""
    key, counts = row.key, row.counts
    return usage_pb2.Usage(
        month=month_text(key.month),
        closed=row.closed,
        caller=enterprise_number_text(key.caller),
        on_behalf_of=_number(key.on_behalf_of),
        register=_number(key.register),
        partner=_number(key.partner),
        rpc=key.rpc.removeprefix("/"),
        calls=counts.calls,
        items=counts.items,
        deliveries=counts.deliveries,
        refused=counts.refused,
        dossiers=row.dossiers,
    )


def _month(field: str, text: str, faults: Faults) -> Month | None:
    if not text:
        return None
    try:
        return parse_month(text)
    except Invalid as invalid:
        faults.append(invalid.at(field))
        return None


def _number(number: EnterpriseNumber | None) -> str | None:
    return None if number is None else enterprise_number_text(number)
