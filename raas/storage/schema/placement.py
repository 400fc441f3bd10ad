"""The placement of every table on a sharded PostgreSQL (Citus); it means nothing on a plain one.

`raas migrate --distribute` follows it, and tests hold every statement to it (docs/scaling.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Placement(Enum):
    """The nodes that hold the rows of a table."""

    DISTRIBUTED = "distributed"
    """Each register's rows on one node, by `register_id`; a register has all of them on the same node."""
    REFERENCE = "reference"
    """A copy on every node, so that statements on one register can join it."""
    LOCAL = "local"
    """On the coordinator alone: no statement joins it with distributed tables."""


PLACEMENTS: Mapping[str, Placement] = {
    "register": Placement.REFERENCE,
    "register_head": Placement.DISTRIBUTED,
    "dossier_type": Placement.REFERENCE,
    "dossier": Placement.DISTRIBUTED,
    "dossier_share": Placement.DISTRIBUTED,
    "mutation": Placement.DISTRIBUTED,
    "restriction": Placement.DISTRIBUTED,
    "request": Placement.DISTRIBUTED,
    "import_progress": Placement.DISTRIBUTED,
    "import_rejection": Placement.DISTRIBUTED,
    "subscriber": Placement.DISTRIBUTED,
    "person": Placement.REFERENCE,
    "niss_status": Placement.REFERENCE,
    "niss_status_bounds": Placement.REFERENCE,
    "content": Placement.REFERENCE,
    # Search and import of persons: each copy would cost disk on every node and a write there.
    "person_key": Placement.LOCAL,
    "person_request": Placement.LOCAL,
    "person_import": Placement.LOCAL,
    "person_import_rejection": Placement.LOCAL,
    "secret": Placement.LOCAL,
    "caller_usage": Placement.LOCAL,
    "budget_salt": Placement.LOCAL,
    "budget_entry": Placement.LOCAL,
    "budget_use": Placement.LOCAL,
    "usage_count": Placement.LOCAL,
    "usage_dossiers": Placement.LOCAL,
    "usage_month": Placement.LOCAL,
    "usage_batch": Placement.LOCAL,
    "schema_change": Placement.LOCAL,
    # Each process reads them whole; no statement joins them.
    "rights_version": Placement.LOCAL,
    "mandate": Placement.LOCAL,
    "role_grant": Placement.LOCAL,
    "legal_context": Placement.LOCAL,
    "credential_block": Placement.LOCAL,
    "admission": Placement.LOCAL,
    # Records of writes lie with their register.
    "audit_write": Placement.DISTRIBUTED,
    "audit_call": Placement.LOCAL,
    "audit_criteria": Placement.LOCAL,
    "audit_log": Placement.LOCAL,
    "audit_process": Placement.LOCAL,
    "audit_seal": Placement.LOCAL,
    "audit_checkpoint": Placement.LOCAL,
    "audit_range": Placement.LOCAL,
    "audit_tile": Placement.LOCAL,
    "audit_delivery": Placement.LOCAL,
    "audit_removal": Placement.LOCAL,
    "audit_removal_chain": Placement.LOCAL,
    "audit_removed": Placement.LOCAL,
    "authorisation": Placement.LOCAL,
}
"""By table; Alembic's own table of versions is local, too."""
