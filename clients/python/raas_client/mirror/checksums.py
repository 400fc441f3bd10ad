"""The chain of checksums, computed from the mutations as they are received.

The checksum of a mutation is the SHA-256 of the checksum before it followed by the mutation's canonical
bytes: its fields as text in UTF-8, one a line, an absent one as an empty line, in this order:

    revision, batch_last_revision, number of the kind, niss, requested_niss, dossier_type,
    dossier_types joined by commas, before, after, record_time in microseconds since 1970,
    actor, call_id, request_id, legal_context, ticket, detail

and, only where they are present, the lines `application=…` and `on_behalf_of=…`.

Lines of a dossier are `{[2024-01-01,2024-01-31],[2024-05-01,]}`. A detail is `name=value` pairs joined by
semicolons, nested names dotted, sorted on every level, absent values left out. The chain begins with the
SHA-256 of the ten digits of the register's enterprise number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from google.protobuf.timestamp_pb2 import Timestamp

from raas.v1.dossier_type_pb2 import DossierType, IdentityChanges
from raas.v1.mutation_pb2 import Mutation
from raas.v1.period_pb2 import Period
from raas_client.errors import ChainBroken

_IDENTITY_CHANGES = "IDENTITY_CHANGES_"


def first_checksum(enterprise_number: str) -> bytes:
    """The checksum of a register without mutations."""
    return sha256(enterprise_number.encode()).digest()


def canonical_bytes(mutation: Mutation) -> bytes:
    """The bytes that the checksum of a mutation covers; what can be erased enters as its hash."""
    detail = mutation.WhichOneof("detail")
    return "\n".join(
        (
            str(mutation.revision),
            str(mutation.batch_last_revision),
            str(int(mutation.kind)),
            mutation.niss,
            mutation.requested_niss,
            mutation.dossier_type,
            ",".join(mutation.dossier_types),
            _lines(mutation.before),
            _lines(mutation.after),
            _microseconds(mutation.record_time),
            mutation.actor,
            mutation.call_id,
            mutation.request_id,
            mutation.legal_context,
            mutation.ticket,
            ";".join(_detail(mutation, detail)),
            *_caller(mutation),
        )
    ).encode()


def chained(previous: bytes, mutations: Iterable[Mutation]) -> bytes:
    """The checksum after these mutations, which follow the one with `previous` without a gap.

    Raises ChainBroken where a mutation carries another checksum than the one that follows.
    """
    checksum = previous
    for mutation in mutations:
        if sha256(checksum + canonical_bytes(mutation)).digest() != mutation.checksum:
            raise ChainBroken(mutation.revision)
        checksum = mutation.checksum
    return checksum


def _microseconds(time: Timestamp) -> str:
    return str(time.seconds * 1_000_000 + time.nanos // 1_000)


def _lines(periods: Iterable[Period]) -> str:
    return "{" + ",".join([f"[{each.begin},{each.end}]" for each in periods]) + "}"


def _detail(mutation: Mutation, detail: str | None) -> Iterator[str]:
    if detail == "replacement":
        yield f"replaced_niss={mutation.replacement.replaced_niss}"
        yield f"successor_niss={mutation.replacement.successor_niss}"
    elif detail == "identity_change":
        yield f"content={mutation.identity_change.content_hash.hex()}"
        yield f"fields={','.join(mutation.identity_change.fields)}"
    elif detail == "network_event":
        event = mutation.network_event
        yield f"authorisation={event.authorisation}"
        yield f"content={event.content_hash.hex()}"
        yield f"event_id={event.event_id}"
        yield f"service={event.service}"
        yield f"type={event.type}"
    elif detail == "access_granted":
        granted = mutation.access_granted
        yield f"mandate_id={granted.mandate_id}"
        yield f"reason={granted.reason}"
        yield f"ticket={granted.ticket}"
        yield f"until={_microseconds(granted.until)}"
    elif detail == "dossier_type_change":
        change = mutation.dossier_type_change
        yield from _dossier_type("after", change.after)
        if change.HasField("before"):
            yield from _dossier_type("before", change.before)


def _caller(mutation: Mutation) -> Iterator[str]:
    if mutation.HasField("application"):
        yield f"application={mutation.application}"
    if mutation.HasField("on_behalf_of"):
        yield f"on_behalf_of={mutation.on_behalf_of}"


def _dossier_type(prefix: str, dossier_type: DossierType) -> Iterator[str]:
    if dossier_type.HasField("active_from"):
        yield f"{prefix}.active_from={dossier_type.active_from}"
    if dossier_type.HasField("active_until"):
        yield f"{prefix}.active_until={dossier_type.active_until}"
    yield f"{prefix}.code={dossier_type.code}"
    changes = IdentityChanges.Name(dossier_type.identity_changes).removeprefix(_IDENTITY_CHANGES)
    yield f"{prefix}.identity_changes={changes}"
    if dossier_type.HasField("keep_after_end"):
        yield f"{prefix}.keep_after_end={dossier_type.keep_after_end}"
    for language in sorted(dossier_type.labels):
        yield f"{prefix}.labels.{language}={dossier_type.labels[language]}"
    if dossier_type.HasField("partner"):
        yield f"{prefix}.partner={dossier_type.partner}"
    if dossier_type.HasField("partner_institution"):
        yield f"{prefix}.partner_institution={dossier_type.partner_institution}"
    if dossier_type.HasField("partner_sector"):
        yield f"{prefix}.partner_sector={dossier_type.partner_sector}"
    if dossier_type.HasField("quality_code"):
        yield f"{prefix}.quality_code={dossier_type.quality_code}"
