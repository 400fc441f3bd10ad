"""Blocks of credentials as rows."""

from __future__ import annotations

from typing import Any

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.rights.credential_block import BlockedBy, CredentialBlock
from raas.storage.connection.query import Row
from raas.storage.rights.columns import number_of

COLUMNS = "id, feature, value, reason, granted_by, grant_time, revoked_by, revoke_time"

PUT = f"""
INSERT INTO credential_block ({COLUMNS}, version)
VALUES (%(id)s, %(feature)s, %(value)s, %(reason)s, %(granted_by)s, %(grant_time)s, %(revoked_by)s,
        %(revoke_time)s, %(version)s)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, revoked_by = excluded.revoked_by, revoke_time = excluded.revoke_time"""


def parameters(block: CredentialBlock, version: int) -> dict[str, Any]:
    """The parameters of PUT."""
    return {
        "id": block.id,
        "feature": block.feature.value,
        "value": block.value,
        "reason": block.reason,
        "granted_by": block.granted_by,
        "grant_time": block.grant_time,
        "revoked_by": block.revoked_by,
        "revoke_time": block.revoke_time,
        "version": version,
    }


def block_of(row: Row) -> CredentialBlock:
    """The block of a row of COLUMNS."""
    id_, feature, value, reason, granted_by, grant_time, revoked_by, revoke_time = row
    return CredentialBlock(
        id_,
        BlockedBy(feature),
        value,
        reason,
        EnterpriseNumber(granted_by),
        grant_time,
        number_of(revoked_by),
        revoke_time,
    )
