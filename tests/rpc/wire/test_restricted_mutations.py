"""Mutations without what the view of a caller hides."""

from __future__ import annotations

import pytest

from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields, IdentityRule
from raas.domain.rights.view import WHOLE, Content, RegisterView
from raas.rpc.wire.mutations.restricted import restrict, restricted_entries
from raas.v1.identity_pb2 import Identity
from raas.v1.mutation_pb2 import IdentityChange, Mutation, MutationKind, NetworkEvent
from raas.v1.mutation_stream_pb2 import MutationsPart

AB = frozenset({"A", "B"})
EVERY_FIELD = IdentityFields(frozenset({IdentityRule(frozenset(IDENTITY_FIELDS))}))


def identity_changed() -> Mutation:
    change = IdentityChange(
        fields=["last_name", "death_date"],
        before=Identity(last_name="ONE"),
        after=Identity(last_name="TWO", death_date="2026-01-01"),
        effective_date="2026-01-01",
        content_hash=bytes(32),
    )
    return Mutation(
        revision=7,
        kind=MutationKind.MUTATION_KIND_IDENTITY_CHANGED,
        dossier_types=["A", "B", "C"],
        checksum=bytes(32),
        identity_change=change,
    )


def network_event() -> Mutation:
    event = NetworkEvent(
        service="S", event_id="1", type="T", effective_date="2026-01-01", content_hash=b"hash"
    )
    event.payload.update({"amount": 1})
    return Mutation(
        revision=8,
        kind=MutationKind.MUTATION_KIND_NETWORK_EVENT,
        dossier_types=["B", "C"],
        checksum=bytes(32),
        network_event=event,
    )


def test_identity_without_its_content_tells_the_names_of_the_fields_alone() -> None:
    mutation = identity_changed()
    restrict(mutation, RegisterView(None, {Content.NETWORK_EVENT: None}), EVERY_FIELD)
    expected = identity_changed()
    expected.identity_change.CopyFrom(
        IdentityChange(
            fields=["last_name", "death_date"],
            withheld_fields=["last_name", "death_date"],
            content_hash=bytes(32),
        )
    )
    # The checksum covers a hash of the content, so it can still be verified.
    assert mutation == expected


def test_event_without_its_content_says_that_its_payload_is_withheld() -> None:
    mutation = network_event()
    restrict(mutation, RegisterView(None, {Content.IDENTITY: None}), EVERY_FIELD)
    expected = network_event()
    expected.network_event.CopyFrom(
        NetworkEvent(service="S", event_id="1", type="T", content_hash=b"hash", payload_withheld=True)
    )
    assert mutation == expected


@pytest.mark.parametrize("types", [None, AB])
def test_content_is_shown_under_the_types_of_the_mandate_that_includes_it(
    types: frozenset[str] | None,
) -> None:
    under_a = RegisterView(
        types, {Content.IDENTITY: frozenset({"A"}), Content.NETWORK_EVENT: frozenset({"A"})}
    )
    identity, event = identity_changed(), network_event()
    restrict(identity, under_a, EVERY_FIELD)
    restrict(event, under_a, EVERY_FIELD)
    assert identity.identity_change == identity_changed().identity_change
    assert event.network_event.payload_withheld


def test_hidden_types_and_the_checksum_are_left_out() -> None:
    view = RegisterView(AB, dict.fromkeys(Content, AB))
    entries = MutationsPart(mutations=[identity_changed(), network_event(), Mutation(dossier_type="A")])
    part = MutationsPart.FromString(restricted_entries(entries.SerializeToString(), view, EVERY_FIELD))
    assert [list(mutation.dossier_types) for mutation in part.mutations] == [["A", "B"], ["B"], []]
    assert [mutation.checksum for mutation in part.mutations] == [b"", b"", b""]
    assert [mutation.dossier_type for mutation in part.mutations] == ["", "", "A"]


def rule(*fields: str, types: frozenset[str] | None = None) -> IdentityFields:
    return IdentityFields(frozenset({IdentityRule(frozenset(fields), types)}))


def test_owner_without_an_authorisation_sees_the_names_of_the_fields_alone() -> None:
    mutation, expected = identity_changed(), identity_changed()
    restrict(mutation, WHOLE, NO_IDENTITY)
    expected.identity_change.CopyFrom(
        IdentityChange(
            fields=["last_name", "death_date"],
            withheld_fields=["last_name", "death_date"],
            content_hash=bytes(32),
        )
    )
    assert mutation == expected


def test_fields_that_are_not_authorised_are_left_out_and_named() -> None:
    mutation, expected = identity_changed(), identity_changed()
    restrict(mutation, WHOLE, rule("death_date", "address"))
    change = expected.identity_change
    # Nothing is told of what was known before: `before` would be empty.
    change.ClearField("before")
    change.after.ClearField("last_name")
    change.withheld_fields.append("last_name")
    assert mutation == expected


def test_field_is_shown_under_a_type_of_both_the_mandate_and_the_authorisation() -> None:
    under_a = RegisterView(None, {Content.IDENTITY: frozenset({"A"})})
    for types, withheld in ((frozenset({"B"}), ["last_name", "death_date"]), (AB, ["death_date"])):
        mutation = identity_changed()
        restrict(mutation, under_a, rule("last_name", types=types))
        assert mutation.identity_change.withheld_fields == withheld


def test_erased_change_stays_erased() -> None:
    mutation = identity_changed()
    for name in ("before", "after", "effective_date"):
        mutation.identity_change.ClearField(name)  # type: ignore[arg-type]
    erased = Mutation()
    erased.CopyFrom(mutation)
    restrict(mutation, WHOLE, EVERY_FIELD)
    assert mutation == erased
