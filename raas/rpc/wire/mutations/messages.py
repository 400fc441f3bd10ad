"""Mutations as messages."""

from __future__ import annotations

from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.domain.registers.mutation import Mutation
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import RegisterView
from raas.rpc.wire.dossiers import period_messages
from raas.rpc.wire.mutations.details import put_detail
from raas.rpc.wire.mutations.restricted import restrict
from raas.v1 import mutation_pb2


def shown_mutation(mutation: Mutation, view: RegisterView, identity: IdentityFields) -> mutation_pb2.Mutation:
    """A mutation without what a caller may not see."""
    message = mutation_message(mutation)
    restrict(message, view, identity)
    return message


def mutation_message(mutation: Mutation) -> mutation_pb2.Mutation:
    """A mutation as it was recorded, contents included; its kind has the number of the domain."""
    stamp = mutation.stamp
    message = mutation_pb2.Mutation(
        register=enterprise_number_text(mutation.register),
        revision=mutation.revision,
        batch_last_revision=mutation.batch_last_revision,
        kind=mutation.kind.value,  # type: ignore[arg-type]
        niss="" if mutation.niss is None else niss_text(mutation.niss),
        requested_niss=None if mutation.requested_niss is None else niss_text(mutation.requested_niss),
        dossier_type=mutation.dossier_type,
        dossier_types=mutation.dossier_types,
        before=period_messages(mutation.before),
        after=period_messages(mutation.after),
        actor=enterprise_number_text(stamp.actor),
        call_id=str(stamp.call_id),
        request_id=stamp.request_id,
        legal_context=stamp.legal_context,
        ticket=stamp.ticket,
        application=stamp.application,
        on_behalf_of=None if stamp.on_behalf_of is None else enterprise_number_text(stamp.on_behalf_of),
        checksum=mutation.checksum,
    )
    message.record_time.FromDatetime(mutation.record_time)
    put_detail(message, mutation.detail)
    return message
