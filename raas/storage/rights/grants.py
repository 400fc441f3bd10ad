"""Role grants as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.role import Role, RoleGrant
from raas.storage.connection.query import Row
from raas.storage.rights.columns import date_of, number_of, validity_of

COLUMNS = """id, organisation, role, organisations, rpcs, dossier_types, legal_contexts, valid_from,
valid_until, granted_by, grant_time, confirmed_by, confirm_time, revoked_by, revoke_time"""

PUT = f"""
INSERT INTO role_grant ({COLUMNS}, version)
VALUES (%(id)s, %(organisation)s, %(role)s, %(organisations)s::bigint[], %(rpcs)s::text[],
        %(dossier_types)s::text[], %(legal_contexts)s::text[], %(valid_from)s, %(valid_until)s,
        %(granted_by)s, %(grant_time)s, %(confirmed_by)s, %(confirm_time)s, %(revoked_by)s, %(revoke_time)s,
        %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, confirmed_by = excluded.confirmed_by, confirm_time = excluded.confirm_time,
    revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(grant: RoleGrant, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    return {
        "id": grant.id,
        "organisation": grant.organisation,
        "role": grant.role.value,
        "organisations": sorted(grant.organisations),
        "rpcs": sorted(grant.rpcs),
        "dossier_types": _sorted(grant.dossier_types),
        "legal_contexts": _sorted(grant.legal_contexts),
        "valid_from": date_of(grant.validity.first),
        "valid_until": date_of(grant.validity.last),
        "granted_by": grant.granted_by,
        "grant_time": grant.grant_time,
        "confirmed_by": grant.confirmed_by,
        "confirm_time": grant.confirm_time,
        "revoked_by": grant.revoked_by,
        "revoke_time": grant.revoke_time,
        "version": version,
    }


def grant_of(row: Row) -> RoleGrant:
    """The role grant of a row of COLUMNS."""
    (
        id_,
        organisation,
        role,
        organisations,
        rpcs,
        dossier_types,
        legal_contexts,
        valid_from,
        valid_until,
        granted_by,
        grant_time,
        confirmed_by,
        confirm_time,
        revoked_by,
        revoke_time,
    ) = row
    return RoleGrant(
        id=id_,
        organisation=EnterpriseNumber(organisation),
        role=Role(role),
        granted_by=EnterpriseNumber(granted_by),
        grant_time=grant_time,
        organisations=frozenset(map(EnterpriseNumber, organisations)),
        rpcs=frozenset(rpcs),
        dossier_types=None if dossier_types is None else frozenset(dossier_types),
        legal_contexts=None if legal_contexts is None else frozenset(legal_contexts),
        validity=validity_of(valid_from, valid_until),
        confirmed_by=number_of(confirmed_by),
        confirm_time=confirm_time,
        revoked_by=number_of(revoked_by),
        revoke_time=revoke_time,
    )


def _sorted(texts: frozenset[str] | None) -> list[str] | None:
    return None if texts is None else sorted(texts)
