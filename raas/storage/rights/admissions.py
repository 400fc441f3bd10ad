"""Admissions of organisations as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.admission import Admission
from raas.storage.connection.query import Row
from raas.storage.rights.columns import date_of, number_of

COLUMNS = """id, organisation, security_adviser, data_protection_officer, norms_version, valid_until,
suspended, granted_by, grant_time, revoked_by, revoke_time"""

PUT = f"""
INSERT INTO admission ({COLUMNS}, version)
VALUES (%(id)s, %(organisation)s, %(security_adviser)s, %(data_protection_officer)s, %(norms_version)s,
        %(valid_until)s, %(suspended)s, %(granted_by)s, %(grant_time)s, %(revoked_by)s, %(revoke_time)s,
        %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(admission: Admission, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    return {
        "id": admission.id,
        "organisation": admission.organisation,
        "security_adviser": admission.security_adviser,
        "data_protection_officer": admission.data_protection_officer,
        "norms_version": admission.norms_version,
        "valid_until": date_of(admission.valid_until),
        "suspended": admission.suspended,
        "granted_by": admission.granted_by,
        "grant_time": admission.grant_time,
        "revoked_by": admission.revoked_by,
        "revoke_time": admission.revoke_time,
        "version": version,
    }


def admission_of(row: Row) -> Admission:
    """The admission of a row of COLUMNS."""
    id_, organisation, adviser, officer, norms, last, suspended, *ends = row
    granted_by, grant_time, revoked_by, revoke_time = ends
    return Admission(
        id_,
        EnterpriseNumber(organisation),
        adviser,
        officer,
        norms,
        last.toordinal(),
        suspended,
        EnterpriseNumber(granted_by),
        grant_time,
        number_of(revoked_by),
        revoke_time,
    )
