"""The fields of identities that authorisations allow, by dossier type, partner, day and legal context."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raas.domain.errors import Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.persons.stored_identity import IDENTITY_FIELDS
from raas.domain.rights.authorisation import PERSON_IDENTITY, Authorisation
from raas.domain.rights.identity_fields import NO_IDENTITY, IdentityFields, IdentityRule
from raas.domain.rights.snapshot import Moment, RightsSnapshot
from raas.domain.rights.validity import Validity

REGISTER, OTHER, PARTNER = (
    EnterpriseNumber(999999922),
    EnterpriseNumber(206731645),
    EnterpriseNumber(316380841),
)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = NOW.date().toordinal()
ALL = frozenset(IDENTITY_FIELDS)
NAME, DEATH = frozenset({"last_name"}), frozenset({"death_date"})


def an_authorisation(**other: Any) -> Authorisation:
    given_: dict[str, Any] = {
        "id": uuid4(),
        "service": PERSON_IDENTITY,
        "register": REGISTER,
        "deliberation": "24/001",
        "validity": Validity(DAY - 1, DAY + 1),
        "granted_by": OTHER,
        "grant_time": NOW,
        "confirmed_by": PARTNER,
        "confirm_time": NOW,
    }
    return Authorisation(**{**given_, **other})


def allowed(
    *authorisations: Authorisation, day: int = DAY, legal_context: str | None = None
) -> IdentityFields:
    snapshot = RightsSnapshot().after(1, authorisations, Moment(NOW, day))
    return snapshot.identity_fields(REGISTER, legal_context, Moment(NOW, day))


def test_without_an_authorisation_no_field_is_allowed() -> None:
    assert allowed() == NO_IDENTITY
    assert NO_IDENTITY.of(["A"]) == frozenset()


def test_authorisation_without_restrictions_allows_all_fields_of_persons_known_under_a_type() -> None:
    fields = allowed(an_authorisation())
    assert fields.of(["A"]) == ALL
    assert fields.of([]) == frozenset()


def test_authorisations_allow_together_what_each_allows() -> None:
    fields = allowed(
        an_authorisation(dossier_types=frozenset({"A"}), fields=NAME),
        an_authorisation(dossier_types=frozenset({"B"}), fields=DEATH),
    )
    assert [fields.of(codes) for codes in (["A"], ["B"], ["A", "B"], ["C"], [])] == [
        NAME,
        DEATH,
        NAME | DEATH,
        frozenset(),
        frozenset(),
    ]


@pytest.mark.parametrize(
    "nothing",
    [
        {"register": OTHER},
        {"service": "ANOTHER"},
        {"confirmed_by": None, "confirm_time": None},
        {"revoked_by": OTHER, "revoke_time": NOW},
        {"legal_context": "PCSA:X"},
        {"dossier_types": frozenset({"B"})},
        {"fields": frozenset({"unknown"})},
        {"partner": PARTNER},
    ],
)
def test_authorisation_of_something_else_allows_nothing(nothing: dict[str, Any]) -> None:
    assert allowed(an_authorisation(**nothing)).of(["A"]) == frozenset()


@pytest.mark.parametrize(("offset", "valid"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_authorisation_counts_on_its_days_both_included(offset: int, valid: bool) -> None:
    assert (allowed(an_authorisation(), day=DAY + offset).of(["A"]) == ALL) is valid


def test_authorisation_of_a_legal_context_counts_in_it_alone() -> None:
    authorisation = an_authorisation(legal_context="PCSA:X")
    assert allowed(authorisation, legal_context="PCSA:X").of(["A"]) == ALL
    assert allowed(authorisation, legal_context="PCSA:Y").of(["A"]) == frozenset()


def test_authorisation_of_a_partner_counts_for_the_dossier_types_kept_for_it() -> None:
    fields = allowed(an_authorisation(partner=PARTNER), an_authorisation(fields=NAME))
    assert fields.names_partners
    resolved = fields.with_partners({"A": PARTNER, "B": OTHER})
    assert not resolved.names_partners
    assert [resolved.of([code]) for code in ("A", "B", "C")] == [ALL, NAME, NAME]
    narrow = allowed(an_authorisation(partner=PARTNER, dossier_types=frozenset({"B", "C"})))
    assert narrow.with_partners({"A": PARTNER, "C": PARTNER}).of(["A"]) == frozenset()
    assert narrow.with_partners({"A": PARTNER, "C": PARTNER}).of(["C"]) == ALL


def test_confirmation_needs_another_administrator_and_revocation_ends_it() -> None:
    waiting = an_authorisation(confirmed_by=None, confirm_time=None)
    with pytest.raises(Refused, match="SECOND_ADMINISTRATOR_REQUIRED"):
        waiting.confirmed(OTHER, NOW)
    confirmed = waiting.confirmed(PARTNER, NOW)
    assert confirmed.is_valid(DAY)
    assert confirmed.confirmed(OTHER, NOW) is confirmed
    revoked = confirmed.revoked(OTHER, NOW)
    assert not revoked.may_become_valid(DAY)
    assert revoked.revoked(PARTNER, NOW) is revoked
    with pytest.raises(Refused, match="GRANT_REVOKED"):
        revoked.confirmed(PARTNER, NOW)


_CODES = st.frozensets(st.sampled_from("ABC"))
_RULES = st.frozensets(
    st.builds(
        IdentityRule,
        st.frozensets(st.sampled_from(IDENTITY_FIELDS)),
        st.none() | _CODES,
        st.none() | st.sampled_from([PARTNER, OTHER]),
    ),
    max_size=4,
)
_PARTNERS = st.dictionaries(st.sampled_from("ABC"), st.sampled_from([PARTNER, OTHER]))


@given(_RULES, _PARTNERS, _CODES)
def test_field_is_allowed_where_one_rule_and_one_type_allow_it(
    rules: frozenset[IdentityRule], partners: dict[str, EnterpriseNumber], codes: frozenset[str]
) -> None:
    expected = {
        field
        for rule in rules
        for code in codes
        if (rule.dossier_types is None or code in rule.dossier_types)
        and rule.partner in (None, partners.get(code))
        for field in rule.fields
    }
    assert IdentityFields(rules).with_partners(partners).of(codes) == expected
