"""The details of mutations as messages."""

from __future__ import annotations

from raas.domain.calendar.day import day_text
from raas.domain.numbers.niss import niss_text
from raas.domain.registers.mutation import (
    AccessGranted,
    Detail,
    DossierTypeChange,
    IdentityChange,
    NetworkEvent,
    Replacement,
)
from raas.rpc.wire.persons.identities import identity_message
from raas.rpc.wire.registers import dossier_type_message
from raas.v1 import mutation_pb2


def put_detail(message: mutation_pb2.Mutation, detail: Detail | None) -> None:
    """Write the detail into the message of its mutation."""
    match detail:
        case Replacement(replaced_niss=replaced, successor_niss=successor):
            message.replacement.replaced_niss = niss_text(replaced)
            message.replacement.successor_niss = niss_text(successor)
        case DossierTypeChange(before=before, after=after):
            if before is not None:
                message.dossier_type_change.before.CopyFrom(dossier_type_message(before))
            message.dossier_type_change.after.CopyFrom(dossier_type_message(after))
        case AccessGranted():
            granted = message.access_granted
            granted.mandate_id, granted.reason = str(detail.mandate_id), detail.reason
            granted.ticket = detail.ticket
            granted.until.FromDatetime(detail.until)
        case IdentityChange():
            _put_identity_change(message.identity_change, detail)
        case NetworkEvent():
            _put_network_event(message.network_event, detail)


def _put_identity_change(message: mutation_pb2.IdentityChange, change: IdentityChange) -> None:
    message.fields.extend(change.fields)
    message.content_hash = change.content_hash
    if change.before is not None:
        message.before.CopyFrom(identity_message(change.before))
    if change.after is not None:
        message.after.CopyFrom(identity_message(change.after))
    if change.effective_date is not None:
        message.effective_date = day_text(change.effective_date)
    if change.erased_time is not None:
        message.content_erased_time.FromDatetime(change.erased_time)


def _put_network_event(message: mutation_pb2.NetworkEvent, event: NetworkEvent) -> None:
    message.service = event.service
    message.event_id = event.event_id
    message.type = event.type
    message.authorisation = event.authorisation
    message.content_hash = event.content_hash
    if event.effective_date is not None:
        message.effective_date = day_text(event.effective_date)
    if event.payload is not None:
        message.payload.update(event.payload)
    if event.erased_time is not None:
        message.content_erased_time.FromDatetime(event.erased_time)
