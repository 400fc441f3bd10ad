"""The rules for identities that a register's user enters."""

from __future__ import annotations

import pytest

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.persons.countries import COUNTRIES, NATIONALITIES
from raas.domain.persons.identity import Address, Identity
from raas.domain.persons.plausibility import died_before_birth, implausible


def broken(identity: Identity) -> list[tuple[str, str]]:
    return [(violation.field, violation.sentence) for violation in implausible(identity)]


@pytest.mark.parametrize(
    ("born", "died", "before"),
    [
        ("1968-06-14", "1968-06-13", True),
        ("1968-06-14", "1968-06-14", False),
        ("1968-06-14", "1968-06-00", False),
        ("1968-06-14", "1968-05-00", True),
        ("1968-06-00", "1968-05-31", True),
        ("1968-06-00", "1968-06-01", False),
        ("1968-00-00", "1967-00-00", True),
        ("1968-00-00", "1968-01-01", False),
    ],
)
def test_death_lies_before_birth_only_if_no_day_allows_otherwise(born: str, died: str, before: bool) -> None:
    dates = {"birth_date": parse_incomplete_date(born), "death_date": parse_incomplete_date(died)}
    assert died_before_birth(Identity(**dates)) == before
    assert broken(Identity(**dates)) == [("death_date", "DEATH_BEFORE_BIRTH")] * before


def test_unknown_date_is_not_before_another() -> None:
    unknown, day = IncompleteDate(None, None, None), IncompleteDate(1900, 1, 1)
    assert not died_before_birth(Identity(birth_date=unknown, death_date=day))
    assert not died_before_birth(Identity(birth_date=day, death_date=unknown))
    assert not died_before_birth(Identity(death_date=day))


@pytest.mark.parametrize("code", ["BE", "MA", "AX", "BQ", "XK", "XX"])
def test_country_of_iso_3166_is_accepted_everywhere(code: str) -> None:
    assert broken(Identity(nationality=code, address=Address(code))) == []


@pytest.mark.parametrize("code", ["be", "B", "BEL", "YU", "SU", "UK", "EU", "ZZ", "150"])
def test_other_code_is_no_country(code: str) -> None:
    assert broken(Identity(nationality=code, address=Address(code))) == [
        ("nationality", "COUNTRY_CODE_FORMAT"),
        ("address.country", "COUNTRY_CODE_FORMAT"),
    ]


def test_stateless_is_a_nationality_and_no_country() -> None:
    assert {"XA"} == NATIONALITIES - COUNTRIES
    assert len(COUNTRIES) == 249 + 2
    assert broken(Identity(nationality="XA", address=Address("XA"))) == [
        ("address.country", "COUNTRY_CODE_FORMAT")
    ]


def test_contact_address_needs_a_municipality_and_residence_does_not() -> None:
    assert broken(Identity(address=Address("FR"))) == []
    assert broken(Identity(contact_address=Address("BE", "Namur"))) == []
    assert broken(Identity(contact_address=Address("BE"))) == [
        ("contact_address.municipality", "CONTACT_WITHOUT_MUNICIPALITY")
    ]


def test_ordinary_identities_are_plausible() -> None:
    assert broken(Identity()) == []
    assert broken(Identity("D’Hondt-Müller", ("Élise", "王"), birth_place="’s-Hertogenbosch")) == []
