"""The identification data that a BIS number requires.

At least one of three sets is required: name, complete date of birth, place of birth and sex; or name, date of
birth (which may be incomplete) and a main residence abroad; or name, date of birth and a contact address in
Belgium.
"""

from __future__ import annotations

from raas.domain.errors import Reason, Violation
from raas.domain.persons.bis_number import FIRST_YEAR, LAST_YEAR
from raas.domain.persons.countries import BELGIUM, UNKNOWN
from raas.domain.persons.identity import Identity, Sex


def identification_violations(identity: Identity) -> list[Violation]:
    """The data that are missing or cannot be expressed in a number; empty if a number can be given.

    Paths are below the identity.
    """
    violations = []
    if not identity.last_name:
        violations.append(Violation("last_name", Reason.REQUIRED))
    if identity.birth_date is None:
        violations.append(Violation("birth_date", Reason.REQUIRED))
    elif not FIRST_YEAR <= (identity.birth_date.year or 0) <= LAST_YEAR:
        years = {"minimum": str(FIRST_YEAR), "maximum": str(LAST_YEAR)}
        violations.append(Violation("birth_date", Reason.VALUE_INVALID, "OUT_OF_RANGE", years))
    if not (_has_birth_data(identity) or _lives_abroad(identity) or _reachable_in_belgium(identity)):
        violations.append(Violation("", Reason.REQUIRED, "IDENTIFICATION_INCOMPLETE"))
    return violations


def _has_birth_data(identity: Identity) -> bool:
    complete = identity.birth_date is not None and identity.birth_date.day is not None
    return complete and bool(identity.birth_place) and identity.sex not in (None, Sex.UNKNOWN)


def _lives_abroad(identity: Identity) -> bool:
    address = identity.address
    return address is not None and address.country not in ("", BELGIUM, UNKNOWN)


def _reachable_in_belgium(identity: Identity) -> bool:
    address = identity.contact_address
    return address is not None and address.country == BELGIUM
