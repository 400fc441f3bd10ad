"""Mandates as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.mandate import Mandate, MandatePermission
from raas.domain.rights.view import Content
from raas.storage.connection.query import Row
from raas.storage.rights.columns import date_of, number_of, validity_of

COLUMNS = """id, register, mandatary, permissions, dossier_types, contents, valid_from, valid_until,
legal_basis, expire_time, reason, ticket, granted_by, grant_time, revoked_by, revoke_time"""

PUT = f"""
INSERT INTO mandate ({COLUMNS}, version)
VALUES (%(id)s, %(register)s, %(mandatary)s, %(permissions)s::smallint[], %(dossier_types)s::text[],
        %(contents)s::smallint[], %(valid_from)s, %(valid_until)s, %(legal_basis)s, %(expire_time)s,
        %(reason)s, %(ticket)s, %(granted_by)s, %(grant_time)s, %(revoked_by)s, %(revoke_time)s, %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(mandate: Mandate, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    types = mandate.dossier_types
    return {
        "id": mandate.id,
        "register": mandate.register,
        "mandatary": mandate.mandatary,
        "permissions": sorted(permission.value for permission in mandate.permissions),
        "dossier_types": None if types is None else sorted(types),
        "contents": sorted(content.value for content in mandate.contents),
        "valid_from": date_of(mandate.validity.first),
        "valid_until": date_of(mandate.validity.last),
        "legal_basis": mandate.legal_basis,
        "expire_time": mandate.expire_time,
        "reason": mandate.reason,
        "ticket": mandate.ticket,
        "granted_by": mandate.granted_by,
        "grant_time": mandate.grant_time,
        "revoked_by": mandate.revoked_by,
        "revoke_time": mandate.revoke_time,
        "version": version,
    }


def mandate_of(row: Row) -> Mandate:
    """The mandate of a row of COLUMNS."""
    (
        id_,
        register,
        mandatary,
        permissions,
        dossier_types,
        contents,
        valid_from,
        valid_until,
        legal_basis,
        expire_time,
        reason,
        ticket,
        granted_by,
        grant_time,
        revoked_by,
        revoke_time,
    ) = row
    return Mandate(
        id=id_,
        register=EnterpriseNumber(register),
        mandatary=EnterpriseNumber(mandatary),
        permissions=frozenset(map(MandatePermission, permissions)),
        granted_by=EnterpriseNumber(granted_by),
        grant_time=grant_time,
        dossier_types=None if dossier_types is None else frozenset(dossier_types),
        contents=frozenset(map(Content, contents)),
        validity=validity_of(valid_from, valid_until),
        legal_basis=legal_basis,
        expire_time=expire_time,
        reason=reason,
        ticket=ticket,
        revoked_by=number_of(revoked_by),
        revoke_time=revoke_time,
    )
