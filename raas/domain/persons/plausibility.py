"""Rules that the identity of a person must satisfy when a register's user enters it.

The authentic source is not held to them: a row that breaks one is applied, with a warning.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from raas.domain.calendar.incomplete_date import IncompleteDate
from raas.domain.errors import Reason, Violation
from raas.domain.persons.countries import COUNTRIES, NATIONALITIES
from raas.domain.persons.identity import Address, Identity
from raas.domain.text import has_letter, invisible_violations


def implausible(identity: Identity) -> list[Violation]:
    """Everything in an identity that breaks a rule, in the order of its fields, with paths below it."""
    return [
        *_name("last_name", identity.last_name),
        *(
            violation
            for index, name in enumerate(identity.first_names)
            for violation in _name(f"first_names[{index}]", name)
        ),
        *invisible_violations("birth_place", identity.birth_place or ""),
        *_country("nationality", identity.nationality, NATIONALITIES),
        *([death_before_birth()] if died_before_birth(identity) else ()),
        *_address("address", identity.address),
        *_address("contact_address", identity.contact_address),
        *_contact_municipality(identity.contact_address),
    ]


def died_before_birth(identity: Identity) -> bool:
    """Whether the last day on which the person can have died lies before the first day of birth."""
    if identity.birth_date is None or identity.death_date is None:
        return False
    born, died = identity.birth_date.earliest(), _latest(identity.death_date)
    return born is not None and died is not None and died < born


def death_before_birth() -> Violation:
    """The violation of an identity for which `died_before_birth`."""
    return Violation("death_date", Reason.VALUE_INVALID, "DEATH_BEFORE_BIRTH")


def _name(field: str, name: str | None) -> Iterator[Violation]:
    if name is None:
        return
    yield from invisible_violations(field, name)
    if not has_letter(name):
        yield Violation(field, Reason.VALUE_INVALID, "NAME_WITHOUT_LETTERS")


def _country(field: str, code: str | None, codes: frozenset[str]) -> Iterator[Violation]:
    if code and code not in codes:
        yield Violation(field, Reason.VALUE_INVALID, "COUNTRY_CODE_FORMAT")


def _address(field: str, address: Address | None) -> Iterator[Violation]:
    if address is None:
        return
    yield from _country(f"{field}.country", address.country, COUNTRIES)
    for part in ("municipality", "postal_code", "street"):
        yield from invisible_violations(f"{field}.{part}", getattr(address, part))


def _contact_municipality(address: Address | None) -> Iterator[Violation]:
    if address is not None and not address.municipality:
        yield Violation("contact_address.municipality", Reason.REQUIRED, "CONTACT_WITHOUT_MUNICIPALITY")


def _latest(day: IncompleteDate) -> int | None:
    if day.year is None:
        return None
    month = day.month or 12
    return date(day.year, month, day.day or monthrange(day.year, month)[1]).toordinal()
