"""Mutations without the parts that are outside the view of a caller."""

from __future__ import annotations

from raas.domain.rights.view import Content, RegisterView
from raas.v1 import mutation_pb2, mutation_stream_pb2


def restrict(mutation: mutation_pb2.Mutation, view: RegisterView) -> None:
    """Remove from the message of a mutation what the view does not show.

    Contents about a person that the view does not include are named as left out. Where types are hidden, the
    codes of hidden types are removed, and the checksum, which covers mutations that the caller does not get.
    """
    match mutation.WhichOneof("detail"):
        case "identity_change":
            if not view.shows_content(Content.IDENTITY, mutation.dossier_types):
                _withhold_identity(mutation.identity_change)
        case "network_event":
            if not view.shows_content(Content.NETWORK_EVENT, mutation.dossier_types):
                _withhold_payload(mutation.network_event)
    if view.dossier_types is not None:
        mutation.ClearField("checksum")
        shown = [code for code in mutation.dossier_types if view.shows_type(code)]
        del mutation.dossier_types[:]
        mutation.dossier_types.extend(shown)


def restricted_entries(entries: bytes, view: RegisterView) -> bytes:
    """Mutations as elements of a repeated field with number 1, restricted one by one."""
    part = mutation_stream_pb2.MutationsPart.FromString(entries)
    for mutation in part.mutations:
        restrict(mutation, view)
    return part.SerializeToString()


def _withhold_identity(change: mutation_pb2.IdentityChange) -> None:
    change.withheld_fields.extend(change.fields)
    for name in ("before", "after", "effective_date"):
        change.ClearField(name)


def _withhold_payload(event: mutation_pb2.NetworkEvent) -> None:
    event.payload_withheld = True
    for name in ("payload", "effective_date"):
        event.ClearField(name)
