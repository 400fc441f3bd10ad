"""Mandates, role grants, views and the snapshot that decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from raas.domain.calendar.day import brussels_day, parse_day
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.domain.rights.mandate import Mandate, MandatePermission, mandate_violations
from raas.domain.rights.role import Role, RoleGrant, refuse_excluded, role_violations
from raas.domain.rights.snapshot import Moment, RightsSnapshot
from raas.domain.rights.validity import ALWAYS, Validity, parse_validity
from raas.domain.rights.view import WHOLE, Content, RegisterView, union

OWNER, FRIEND, FIRST, SECOND, THIRD = map(EnterpriseNumber, (1, 2, 3, 4, 5))
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = brussels_day(NOW)
READ = MandatePermission.READ


def at(instant: datetime) -> Moment:
    return Moment(instant, brussels_day(instant))


def mandate(*permissions: MandatePermission, **changes: Any) -> Mandate:
    return Mandate(uuid4(), OWNER, FRIEND, frozenset(permissions or (READ,)), OWNER, NOW, **changes)


def grant(role: Role, organisation: EnterpriseNumber = FRIEND, **changes: Any) -> RoleGrant:
    return RoleGrant(uuid4(), organisation, role, FIRST, NOW, **changes)


def violations(given: RoleGrant) -> Sequence[Violation]:
    return role_violations(
        given.role, given.organisations, given.rpcs, given.dossier_types, given.legal_contexts
    )


def reasons(violations: Any) -> list[tuple[str, Reason, str]]:
    assert isinstance(violations, list)
    assert all(isinstance(each, Violation) for each in violations)
    return [(each.field, each.reason, each.sentence) for each in violations]


# ---- mandates -----------------------------------------------------------------------------------


def test_mandate_is_valid_from_the_first_second_of_its_first_day_to_the_last_one_of_its_last() -> None:
    # In June, Belgium is two hours ahead of UTC.
    days = Validity(parse_day("2026-06-01"), parse_day("2026-06-30"))
    snapshot = RightsSnapshot().after(1, [mandate(validity=days)], at(NOW))
    begin, end = datetime(2026, 5, 31, 22, tzinfo=UTC), datetime(2026, 6, 30, 22, tzinfo=UTC)
    second = timedelta(seconds=1)

    def valid(instant: datetime) -> bool:
        return snapshot.view(FRIEND, OWNER, READ, at(instant)) is not None

    assert [valid(each) for each in (begin - second, begin, end - second, end)] == [False, True, True, False]


def test_break_glass_ends_at_its_instant() -> None:
    end = NOW + timedelta(hours=4)
    snapshot = RightsSnapshot().after(1, [mandate(expire_time=end)], at(NOW))
    assert snapshot.view(FRIEND, OWNER, READ, at(end - timedelta(microseconds=1)))
    assert snapshot.view(FRIEND, OWNER, READ, at(end)) is None
    assert snapshot.next_end(NOW) == end
    assert snapshot.next_end(end) is None


def test_mandate_counts_for_its_mandatary_register_and_permissions_only() -> None:
    snapshot = RightsSnapshot().after(1, [mandate(READ, MandatePermission.WRITE)], at(NOW))
    assert snapshot.view(FRIEND, OWNER, MandatePermission.WRITE, at(NOW)) is not None
    assert snapshot.view(FRIEND, OWNER, MandatePermission.SUBSCRIBE, at(NOW)) is None
    assert snapshot.view(OWNER, FRIEND, READ, at(NOW)) is None
    assert snapshot.view(FIRST, OWNER, READ, at(NOW)) is None


def test_revoked_mandate_leaves_the_snapshot() -> None:
    given = mandate()
    snapshot = RightsSnapshot().after(1, [given], at(NOW))
    revoked = given.revoked(FIRST, NOW)
    assert revoked.revoked(SECOND, NOW + timedelta(1)) is revoked
    later = snapshot.after(2, [revoked], at(NOW))
    assert (later.version, later.mandates) == (2, {})
    assert snapshot.view(FRIEND, OWNER, READ, at(NOW)) is not None


def test_mandates_of_one_mandatary_are_united() -> None:
    identity = frozenset({Content.IDENTITY})
    given = [
        mandate(dossier_types=frozenset({"A"}), contents=identity),
        mandate(dossier_types=frozenset({"B"})),
        mandate(MandatePermission.WRITE),
    ]
    view = RightsSnapshot().after(1, given, at(NOW)).view(FRIEND, OWNER, READ, at(NOW))
    assert view == RegisterView(frozenset({"A", "B"}), {Content.IDENTITY: frozenset({"A"})})
    assert view.shows_type("B")
    assert not view.shows_type("C")
    assert view.shows_content(Content.IDENTITY, ["A", "C"])
    assert not view.shows_content(Content.IDENTITY, ["B"])
    assert not view.shows_content(Content.NETWORK_EVENT, ["A"])


def test_view_is_within_one_that_shows_as_much() -> None:
    some = RegisterView(frozenset({"A"}), {Content.IDENTITY: frozenset({"A"})})
    everything = union([some, WHOLE])
    assert everything is not None
    assert everything.is_whole
    assert not some.is_whole
    assert not RegisterView().is_whole
    assert some.within(WHOLE)
    assert some.within(some)
    assert not some.within(RegisterView())
    assert not WHOLE.within(some)
    assert not RegisterView().within(RegisterView(frozenset({"A"})))
    assert union([]) is None


def test_mandate_that_cannot_be_is_refused() -> None:
    administer = frozenset({READ, MandatePermission.ADMINISTER})
    assert reasons(mandate_violations(OWNER, OWNER, administer, frozenset({"A"}))) == [
        ("mandatary", Reason.VALUE_INVALID, "MANDATARY_IS_OWNER"),
        ("dossier_types", Reason.VALUE_INVALID, "ADMINISTER_UNRESTRICTED"),
    ]
    assert reasons(mandate_violations(OWNER, FRIEND, administer, None)) == []


def test_validity_is_read_with_all_its_violations() -> None:
    assert parse_validity(None, None) == ALWAYS
    assert parse_validity("2026-06-01", "2026-06-01") == Validity(DAY, DAY)
    assert reasons(parse_validity("2026-02-30", "")) == [
        ("valid_from", Reason.VALUE_INVALID, "DAY_NOT_IN_CALENDAR"),
        ("valid_until", Reason.VALUE_INVALID, "DAY_EMPTY"),
    ]
    assert reasons(parse_validity("2026-06-02", "2026-06-01")) == [
        ("valid_until", Reason.VALUE_INVALID, "VALIDITY_END_BEFORE_BEGIN")
    ]


# ---- roles --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_some_roles_count_only_once_another_administrator_has_confirmed_them(role: Role) -> None:
    given = grant(role)
    snapshot = RightsSnapshot().after(1, [given], at(NOW))
    needs = role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.GATEWAY, Role.AUTHENTIC_SOURCE)
    assert snapshot.has_role(FRIEND, role, at(NOW)) is not needs
    if needs:
        with pytest.raises(Refused, match="SECOND_ADMINISTRATOR_REQUIRED"):
            given.confirmed(FIRST, NOW)
        confirmed = given.confirmed(SECOND, NOW)
        assert confirmed.confirmed(THIRD, NOW) is confirmed
        assert snapshot.after(2, [confirmed], at(NOW)).has_role(FRIEND, role, at(NOW))
        with pytest.raises(Refused, match="GRANT_REVOKED"):
            given.revoked(FIRST, NOW).confirmed(SECOND, NOW)


def test_role_is_valid_on_its_days_until_it_is_revoked() -> None:
    given = grant(Role.ROUTER, validity=Validity(DAY, DAY))
    snapshot = RightsSnapshot().after(1, [given], at(NOW))
    day = timedelta(days=1)
    assert [snapshot.has_role(FRIEND, Role.ROUTER, at(NOW + n * day)) for n in (-1, 0, 1)] == [
        False,
        True,
        False,
    ]
    assert not snapshot.after(2, [given.revoked(FIRST, NOW)], at(NOW)).has_role(FRIEND, Role.ROUTER, at(NOW))


def test_first_administrators_count_until_two_organisations_are_confirmed() -> None:
    snapshot = RightsSnapshot(first_administrators=frozenset({FIRST, SECOND}))

    def administrators() -> set[EnterpriseNumber]:
        everyone = (FIRST, SECOND, FRIEND, THIRD)
        return {each for each in everyone if snapshot.has_role(each, Role.ADMINISTRATOR, at(NOW))}

    friend = grant(Role.ADMINISTRATOR)
    third = grant(Role.ADMINISTRATOR, THIRD)
    snapshot = snapshot.after(1, [friend, friend.confirmed(SECOND, NOW)], at(NOW))
    assert administrators() == {FIRST, SECOND, FRIEND}
    snapshot = snapshot.after(2, [third], at(NOW))
    assert administrators() == {FIRST, SECOND, FRIEND}
    snapshot = snapshot.after(3, [third.confirmed(SECOND, NOW)], at(NOW))
    assert administrators() == {FRIEND, THIRD}
    snapshot = snapshot.after(4, [third.confirmed(SECOND, NOW).revoked(FRIEND, NOW)], at(NOW))
    assert administrators() == {FIRST, SECOND, FRIEND}


def test_first_administrators_count_while_others_are_blocked() -> None:
    """One administrator cannot lock out all the others by blocking them."""
    confirmed = [grant(Role.ADMINISTRATOR, each).confirmed(SECOND, NOW) for each in (FRIEND, THIRD)]
    number = enterprise_number_text(THIRD)
    block = CredentialBlock(uuid4(), BlockedBy.ENTERPRISE_NUMBER, number, "lost", FRIEND, NOW)
    snapshot = RightsSnapshot(first_administrators=frozenset({FIRST})).after(1, confirmed, at(NOW))
    for version, right, counts in ((2, block, True), (3, block.revoked(FIRST, NOW), False)):
        snapshot = snapshot.after(version, [right], at(NOW))
        assert snapshot.has_role(FIRST, Role.ADMINISTRATOR, at(NOW)) is counts


def test_first_administrator_that_is_an_auditor_is_no_administrator() -> None:
    auditor = grant(Role.AUDITOR, FIRST).confirmed(SECOND, NOW)
    snapshot = RightsSnapshot(first_administrators=frozenset({FIRST, SECOND})).after(1, [auditor], at(NOW))
    assert snapshot.has_role(FIRST, Role.AUDITOR, at(NOW))
    assert not snapshot.has_role(FIRST, Role.ADMINISTRATOR, at(NOW))
    assert snapshot.has_role(SECOND, Role.ADMINISTRATOR, at(NOW))


@pytest.mark.parametrize(("one", "other"), [("ADMINISTRATOR", "AUDITOR"), ("AUDITOR", "ADMINISTRATOR")])
def test_administrator_and_auditor_exclude_each_other(one: str, other: str) -> None:
    held, wanted = grant(Role[one]), grant(Role[other])
    with pytest.raises(Refused, match="ROLES_EXCLUDE"):
        refuse_excluded(wanted, [held], DAY)
    refuse_excluded(wanted, [held.revoked(FIRST, NOW)], DAY)
    refuse_excluded(wanted, [grant(Role[one], validity=Validity(None, DAY - 1))], DAY)
    refuse_excluded(wanted, [grant(Role.ROUTER), grant(Role[other])], DAY)
    with pytest.raises(Refused, match="ROLES_EXCLUDE"):
        refuse_excluded(grant(Role[other], validity=Validity(DAY + 9)), [held], DAY)


def test_restrictions_belong_to_one_role_each() -> None:
    assert reasons(violations(grant(Role.GATEWAY))) == [
        ("organisations", Reason.REQUIRED, ""),
        ("rpcs", Reason.REQUIRED, ""),
    ]
    restricted = {
        "organisations": frozenset({OWNER}),
        "rpcs": frozenset({"/raas.v1.RegisterService/Consult"}),
        "dossier_types": frozenset({"A"}),
        "legal_contexts": frozenset({"X"}),
    }
    assert [field for field, _, _ in reasons(violations(grant(Role.PUBLISHER, **restricted)))] == [
        *restricted
    ]
    assert [field for field, _, _ in reasons(violations(grant(Role.ROUTER, **restricted)))] == [
        "organisations",
        "rpcs",
    ]
