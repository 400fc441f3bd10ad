"""Identities in requests and answers."""

from __future__ import annotations

from collections.abc import Iterable

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.errors import Reason, Violation
from raas.domain.invalid import Invalid
from raas.domain.persons.identity import Address, Identity, IdentityClaim
from raas.domain.persons.stored_identity import incomplete_date_text
from raas.domain.text import has_letter, storable_text_violations, text_violations
from raas.rpc.wire.fields import Faults
from raas.rpc.wire.operations import FIRST_NAMES_LIMIT, NAME_LIMIT
from raas.rpc.wire.persons.sexes import SEX_NUMBERS, read_sex
from raas.v1 import identity_pb2

TEXT_LIMIT = 256


def read_identity(message: identity_pb2.Identity, today: int, faults: Faults) -> Identity:
    """An identity in the field `identity`; where something is wrong with it, what could be read.

    Adds the faults without which it cannot be stored. Whether it is plausible is for `implausible` to say.
    """
    field = "identity"
    last_name = None
    if message.HasField("last_name"):
        last_name = message.last_name
        faults.extend(storable_text_violations(f"{field}.last_name", last_name, NAME_LIMIT))
    birth_date = None
    if message.HasField("birth_date"):
        birth_date = read_past_date(f"{field}.birth_date", message.birth_date, today, faults)
    birth_place = None
    if message.HasField("birth_place"):
        birth_place = message.birth_place
        faults.extend(storable_text_violations(f"{field}.birth_place", birth_place, TEXT_LIMIT))
    death_date = None
    if message.HasField("death_date"):
        death_date = read_past_date(f"{field}.death_date", message.death_date, today, faults)
    address = contact_address = None
    if message.HasField("address"):
        address = _read_address(f"{field}.address", message.address, faults)
    if message.HasField("contact_address"):
        contact_address = _read_address(f"{field}.contact_address", message.contact_address, faults)
    return Identity(
        last_name,
        read_first_names(f"{field}.first_names", message.first_names, faults),
        birth_date,
        read_sex(f"{field}.sex", message.sex, faults) if message.HasField("sex") else None,
        birth_place,
        _read_country(f"{field}.nationality", message.nationality, faults)
        if message.HasField("nationality")
        else None,
        death_date,
        address,
        contact_address,
    )


def identity_message(identity: Identity) -> identity_pb2.Identity:
    """An identity as a message; unknown fields are absent."""
    message = identity_pb2.Identity(
        last_name=identity.last_name,
        first_names=identity.first_names,
        birth_date=incomplete_date_text(identity.birth_date) if identity.birth_date else None,
        birth_place=identity.birth_place,
        nationality=identity.nationality,
        death_date=incomplete_date_text(identity.death_date) if identity.death_date else None,
    )
    if identity.sex in SEX_NUMBERS:
        message.sex = SEX_NUMBERS[identity.sex]
    if identity.address:
        message.address.CopyFrom(_address_message(identity.address))
    if identity.contact_address:
        message.contact_address.CopyFrom(_address_message(identity.contact_address))
    return message


def claim_message(claim: IdentityClaim) -> identity_pb2.IdentityClaim:
    """A claim as a message, for the server that compares it."""
    message = identity_pb2.IdentityClaim(
        last_name=claim.last_name,
        first_names=claim.first_names,
        birth_date=incomplete_date_text(claim.birth_date) if claim.birth_date else None,
    )
    if claim.sex in SEX_NUMBERS:
        message.sex = SEX_NUMBERS[claim.sex]
    return message


def read_name(field: str, text: str, faults: Faults) -> str:
    """A last name to search for: a text with at least one letter, of any script."""
    wrong = text_violations(field, text, NAME_LIMIT)
    if not wrong and not has_letter(text):
        wrong = [Violation(field, Reason.VALUE_INVALID, "NAME_WITHOUT_LETTERS")]
    faults.extend(wrong)
    return text


def read_first_names(
    field: str, texts: Iterable[str], faults: Faults, most: int = FIRST_NAMES_LIMIT
) -> tuple[str, ...]:
    """Given names, in their order."""
    names = tuple(texts)
    if len(names) > most:
        limit = {"limit": str(most)}
        faults.append(Violation(field, Reason.VALUE_INVALID, "LIST_TOO_LONG", limit))
        return ()
    for index, name in enumerate(names):
        faults.extend(storable_text_violations(f"{field}[{index}]", name, NAME_LIMIT))
    return names


def read_past_date(field: str, text: str, today: int, faults: Faults) -> IncompleteDate | None:
    """A date, complete or not, that is not wholly in the future."""
    try:
        date = parse_incomplete_date(text)
    except Invalid as invalid:
        faults.append(invalid.at(field))
        return None
    earliest = date.earliest()
    if earliest is not None and earliest > today:
        faults.append(Violation(field, Reason.VALUE_INVALID, "FUTURE_DAY"))
        return None
    return date


def _read_country(field: str, text: str, faults: Faults) -> str:
    faults.extend(storable_text_violations(field, text, TEXT_LIMIT))
    return text


def _read_address(field: str, message: identity_pb2.Address, faults: Faults) -> Address | None:
    """An address; None when no part of it is known."""
    if message.country:
        _read_country(f"{field}.country", message.country, faults)
    for part in ("municipality", "postal_code", "street"):
        if text := getattr(message, part):
            faults.extend(storable_text_violations(f"{field}.{part}", text, TEXT_LIMIT))
    address = Address(message.country, message.municipality, message.postal_code, message.street)
    return None if address == Address() else address


def _address_message(address: Address) -> identity_pb2.Address:
    return identity_pb2.Address(
        country=address.country,
        municipality=address.municipality,
        postal_code=address.postal_code,
        street=address.street,
    )
