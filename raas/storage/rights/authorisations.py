"""Authorisations as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.authorisation import Authorisation
from raas.storage.connection.query import Row
from raas.storage.rights.columns import date_of, number_of, validity_of

COLUMNS = """id, service, register, partner, dossier_types, deliberation, legal_context, fields, valid_from,
valid_until, granted_by, grant_time, confirmed_by, confirm_time, revoked_by, revoke_time"""

PUT = f"""
INSERT INTO authorisation ({COLUMNS}, version)
VALUES (%(id)s, %(service)s, %(register)s, %(partner)s, %(dossier_types)s::text[], %(deliberation)s,
        %(legal_context)s, %(fields)s::text[], %(valid_from)s, %(valid_until)s, %(granted_by)s,
        %(grant_time)s, %(confirmed_by)s, %(confirm_time)s, %(revoked_by)s, %(revoke_time)s, %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, confirmed_by = excluded.confirmed_by, confirm_time = excluded.confirm_time,
    revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(authorisation: Authorisation, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    return {
        "id": authorisation.id,
        "service": authorisation.service,
        "register": authorisation.register,
        "partner": authorisation.partner,
        "dossier_types": _sorted(authorisation.dossier_types),
        "deliberation": authorisation.deliberation,
        "legal_context": authorisation.legal_context,
        "fields": _sorted(authorisation.fields),
        "valid_from": date_of(authorisation.validity.first),
        "valid_until": date_of(authorisation.validity.last),
        "granted_by": authorisation.granted_by,
        "grant_time": authorisation.grant_time,
        "confirmed_by": authorisation.confirmed_by,
        "confirm_time": authorisation.confirm_time,
        "revoked_by": authorisation.revoked_by,
        "revoke_time": authorisation.revoke_time,
        "version": version,
    }


def authorisation_of(row: Row) -> Authorisation:
    """The authorisation of a row of COLUMNS."""
    id_, service, register, partner, types, deliberation, legal_context, fields, first, last, *ends = row
    granted_by, grant_time, confirmed_by, confirm_time, revoked_by, revoke_time = ends
    return Authorisation(
        id_,
        service,
        EnterpriseNumber(register),
        deliberation,
        validity_of(first, last),
        EnterpriseNumber(granted_by),
        grant_time,
        number_of(partner),
        None if types is None else frozenset(types),
        legal_context,
        None if fields is None else frozenset(fields),
        number_of(confirmed_by),
        confirm_time,
        number_of(revoked_by),
        revoke_time,
    )


def _sorted(texts: frozenset[str] | None) -> list[str] | None:
    return None if texts is None else sorted(texts)
