"""Audit records in requests and answers."""

from __future__ import annotations

from collections.abc import Container
from datetime import UTC, datetime, timedelta

from raas.domain.audit.checkpoint import parse_checkpoint
from raas.domain.audit.note import parse_note
from raas.domain.audit.record import BulkRead, json_text
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.rpc.wire.fields import (
    Faults,
    NissRules,
    check_page_size,
    read_instant,
    read_niss,
    read_optional_number,
    read_register,
    read_text,
)
from raas.rpc.wire.mutations.columns import timestamp_of
from raas.rpc.wire.rights.grants import read_rpcs
from raas.usecases.inspection.list_records import AskedRecords, ShownRecord
from raas.usecases.inspection.presence import Certainty
from raas.v1 import administration_service_pb2 as v1
from raas.v1 import audit_record_pb2

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_OUTCOME_LIMIT = 64


def read_asked_records(
    request: v1.ListAuditRecordsRequest, rules: NissRules, rpcs: Container[str], faults: Faults
) -> AskedRecords:
    """The records that a request asks for; `rpcs` are the names of all RPCs."""
    caller = read_optional_number("caller", request, faults)
    niss = read_niss("niss", request.niss, rules, faults) if request.HasField("niss") else None
    register = read_register(request, faults)
    from_time = until_time = None
    if request.HasField("from_time"):
        from_time = _microseconds(read_instant("from_time", request.from_time, faults))
    if request.HasField("until_time"):
        until_time = _microseconds(read_instant("until_time", request.until_time, faults))
    names = read_rpcs(request.rpcs, rpcs, faults)
    for index, outcome in enumerate(request.outcomes):
        read_text(f"outcomes[{index}]", outcome, _OUTCOME_LIMIT, faults)
    check_page_size(request.page_size, faults)
    return AskedRecords(
        register,
        niss,
        caller,
        from_time,
        until_time,
        tuple(dict.fromkeys(names)),
        tuple(dict.fromkeys(request.outcomes)),
        request.for_person,
    )


def require_ticket(ticket: str | None, faults: Faults) -> None:
    """Add a violation where the call has no ticket."""
    if ticket is None and not any(fault.field == "metadata.raas-ticket" for fault in faults):
        faults.append(Violation("metadata.raas-ticket", Reason.REQUIRED))


def record_message(shown: ShownRecord) -> audit_record_pb2.AuditRecord:
    """The message of a record."""
    found = shown.found
    record, actor = found.record, found.record.actor
    return audit_record_pb2.AuditRecord(
        time=timestamp_of(_EPOCH + record.time * _MICROSECOND),
        call_id="" if record.call_id is None else str(record.call_id),
        caller=audit_record_pb2.AuditCaller(
            enterprise_number=_number(actor.enterprise_number) or "",
            application=actor.application,
            credential=actor.credential or "",
            peer=actor.peer or "",
            on_behalf_of=_number(actor.on_behalf_of),
            end_user=actor.end_user,
        ),
        rpc=record.rpc.removeprefix("/"),
        register=_number(record.register),
        touched=map(niss_text, record.touched),
        shown=map(niss_text, record.shown),
        bulk=None if record.bulk is None else _bulk_message(record.bulk, shown.certainty),
        legal_context=record.legal_context,
        ticket=record.ticket,
        outcome=record.outcome,
        revision=record.revision,
        count=record.count,
        chain=found.chain,
        chain_index=found.number,
        hash=found.hash,
    )


def checkpoint_response(note: bytes | None) -> v1.GetAuditCheckpointResponse:
    """The answer with a signed checkpoint; None = there is none."""
    if note is None:
        return v1.GetAuditCheckpointResponse()
    checkpoint = parse_checkpoint(parse_note(note).text)
    return v1.GetAuditCheckpointResponse(checkpoint=note, size=checkpoint.size, root=checkpoint.root)


def read_checkpoint_time(request: v1.GetAuditCheckpointRequest, faults: Faults) -> int | None:
    """The instant of the checkpoint asked for, in microseconds since 1970; None = now."""
    return _microseconds(read_instant("time", request.time, faults)) if request.HasField("time") else None


def _bulk_message(bulk: BulkRead, certainty: Certainty | None) -> audit_record_pb2.BulkRead:
    return audit_record_pb2.BulkRead(
        filter=json_text(bulk.filter),
        first_revision=bulk.first_revision,
        last_revision=bulk.last_revision,
        count=bulk.count,
        certainty=0 if certainty is None else certainty.value,  # type: ignore[arg-type] # equal values
    )


def _microseconds(instant: datetime | None) -> int | None:
    return None if instant is None else (instant - _EPOCH) // _MICROSECOND


def _number(number: EnterpriseNumber | None) -> str | None:
    return None if number is None else enterprise_number_text(number)
