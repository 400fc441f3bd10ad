"""Keep the catalogue of legal contexts and the blocks of credentials: `legal_context`, `credential_block`."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "legal_context",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("organisation", sa.BigInteger, nullable=False),
        sa.Column("legal_context", sa.Text, nullable=False),
        sa.Column("rpcs", ARRAY(sa.Text), nullable=False),
        sa.Column("dossier_types", ARRAY(sa.Text)),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("confidential_until", sa.Date),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The legal contexts in which organisations may call",
    )
    op.create_index("legal_context_version", "legal_context", ["version"])
    op.create_index("legal_context_organisation", "legal_context", ["organisation", "grant_time", "id"])
    op.create_index("legal_context_time", "legal_context", ["grant_time", "id"])
    op.create_table(
        "credential_block",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("feature", sa.SmallInteger, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The credentials that are blocked",
    )
    op.create_index("credential_block_version", "credential_block", ["version"])
    op.create_index("credential_block_time", "credential_block", ["grant_time", "id"])
