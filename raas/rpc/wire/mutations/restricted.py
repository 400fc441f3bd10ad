"""Mutations without the parts that a caller may not see."""

from __future__ import annotations

from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.rights.identity_fields import IdentityFields
from raas.domain.rights.view import Content, RegisterView
from raas.v1 import mutation_pb2, mutation_stream_pb2


def restrict(mutation: mutation_pb2.Mutation, view: RegisterView, identity: IdentityFields) -> None:
    """Remove from the message of a mutation what the view, or the fields of identities allowed, do not show.

    Contents about a person that are removed are named. Where types are hidden, the codes of hidden types are
    removed, and the checksum, which covers mutations that the caller does not get.
    """
    match mutation.WhichOneof("detail"):
        case "identity_change":
            types = view.content_types(Content.IDENTITY, mutation.dossier_types)
            _withhold_fields(mutation.identity_change, identity.of(types))
        case "network_event":
            if not view.shows_content(Content.NETWORK_EVENT, mutation.dossier_types):
                _withhold_payload(mutation.network_event)
    if view.dossier_types is not None:
        mutation.ClearField("checksum")
        shown = [code for code in mutation.dossier_types if view.shows_type(code)]
        del mutation.dossier_types[:]
        mutation.dossier_types.extend(shown)


def restricted_entries(entries: bytes, view: RegisterView, identity: IdentityFields) -> bytes:
    """Mutations as elements of a repeated field with number 1, restricted one by one."""
    part = mutation_stream_pb2.MutationsPart.FromString(entries)
    for mutation in part.mutations:
        restrict(mutation, view, identity)
    return part.SerializeToString()


def _withhold_fields(change: mutation_pb2.IdentityChange, allowed: frozenset[str]) -> None:
    withheld = [name for name in change.fields if name not in allowed]
    change.withheld_fields.extend(withheld)
    if len(withheld) == len(change.fields):
        for name in ("before", "after", "effective_date"):
            change.ClearField(name)
        return
    identities = [change.before] if change.HasField("before") else []
    identities += [change.after] if change.HasField("after") else []
    for identity in identities:
        for field in IDENTITY_FIELDS:
            if field not in allowed:
                identity.ClearField(field)  # type: ignore[arg-type]
    if not change.before.ListFields():
        # Its presence would tell that a removed field was known.
        change.ClearField("before")


def _withhold_payload(event: mutation_pb2.NetworkEvent) -> None:
    event.payload_withheld = True
    for name in ("payload", "effective_date"):
        event.ClearField(name)
