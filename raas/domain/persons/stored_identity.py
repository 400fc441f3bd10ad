"""Identities as JSON, and the fields in which two of them differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from raas.domain.calendar.incomplete_date import IncompleteDate, parse_incomplete_date
from raas.domain.persons.identity import Address, Identity, Sex

IDENTITY_FIELDS = tuple(field.name for field in fields(Identity))
"""The names of the fields of an identity, in their order; equal to those of the proto message."""

_DATES = ("birth_date", "death_date")
_ADDRESSES = ("address", "contact_address")
_NOTHING = Identity()


def incomplete_date_text(date: IncompleteDate) -> str:
    """The date as `1968-06-14`, with 00 for a part that is not known."""
    return f"{date.year or 0:04d}-{date.month or 0:02d}-{date.day or 0:02d}"


def changed_fields(before: Identity, after: Identity) -> tuple[str, ...]:
    """The names of the fields that differ, in their order."""
    return tuple(name for name in IDENTITY_FIELDS if getattr(before, name) != getattr(after, name))


def unchanged_fields(before: Identity, after: Identity) -> frozenset[str]:
    """The names of the fields that do not differ."""
    return frozenset(IDENTITY_FIELDS).difference(changed_fields(before, after))


def with_fields(base: Identity, names: Collection[str], values: Identity) -> Identity:
    """`base` with these fields taken from `values`."""
    return replace(base, **{name: getattr(values, name) for name in names})


def only_fields(identity: Identity, names: Collection[str]) -> Identity:
    """The identity with nothing but these fields."""
    return with_fields(_NOTHING, names, identity)


def identity_json(identity: Identity) -> dict[str, Any]:
    """The identity as JSON values, without unknown fields."""
    json: dict[str, Any] = {}
    for name in IDENTITY_FIELDS:
        value = getattr(identity, name)
        if not value:
            continue
        if isinstance(value, IncompleteDate):
            value = incomplete_date_text(value)
        elif isinstance(value, Sex):
            value = value.name
        elif isinstance(value, Address):
            value = address_json(value)
        elif isinstance(value, tuple):
            value = list(value)
        json[name] = value
    return json


def identity_from_json(json: Mapping[str, Any]) -> Identity:
    """The identity that `identity_json` wrote."""
    values = dict(json)
    if "first_names" in values:
        values["first_names"] = tuple(values["first_names"])
    if "sex" in values:
        values["sex"] = Sex[values["sex"]]
    for name in _DATES:
        if name in values:
            values[name] = parse_incomplete_date(values[name])
    for name in _ADDRESSES:
        if name in values:
            values[name] = Address(**values[name])
    return Identity(**values)


def address_json(address: Address) -> dict[str, str]:
    """The address as JSON values; parts that are not known are left out."""
    return {name: part for name, part in asdict(address).items() if part}
