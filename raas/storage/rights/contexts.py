"""Entries of the catalogue of legal contexts as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.legal_context import LegalContext
from raas.storage.connection.query import Row
from raas.storage.rights.columns import date_of, number_of, validity_of

COLUMNS = """id, organisation, legal_context, rpcs, dossier_types, valid_from, valid_until,
confidential_until, granted_by, grant_time, revoked_by, revoke_time"""

PUT = f"""
INSERT INTO legal_context ({COLUMNS}, version)
VALUES (%(id)s, %(organisation)s, %(legal_context)s, %(rpcs)s::text[], %(dossier_types)s::text[],
        %(valid_from)s, %(valid_until)s, %(confidential_until)s, %(granted_by)s, %(grant_time)s,
        %(revoked_by)s, %(revoke_time)s, %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(context: LegalContext, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    types = context.dossier_types
    return {
        "id": context.id,
        "organisation": context.organisation,
        "legal_context": context.legal_context,
        "rpcs": sorted(context.rpcs),
        "dossier_types": None if types is None else sorted(types),
        "valid_from": date_of(context.validity.first),
        "valid_until": date_of(context.validity.last),
        "confidential_until": date_of(context.confidential_until),
        "granted_by": context.granted_by,
        "grant_time": context.grant_time,
        "revoked_by": context.revoked_by,
        "revoke_time": context.revoke_time,
        "version": version,
    }


def context_of(row: Row) -> LegalContext:
    """The entry of a row of COLUMNS."""
    id_, organisation, legal_context, rpcs, types, first, last, confidential, *ends = row
    granted_by, grant_time, revoked_by, revoke_time = ends
    return LegalContext(
        id_,
        EnterpriseNumber(organisation),
        legal_context,
        frozenset(rpcs),
        EnterpriseNumber(granted_by),
        grant_time,
        None if types is None else frozenset(types),
        validity_of(first, last),
        None if confidential is None else confidential.toordinal(),
        number_of(revoked_by),
        revoke_time,
    )
