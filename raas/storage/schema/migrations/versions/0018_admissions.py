"""Keep the admissions of organisations to production: `admission`.

Not an expansion: a server of the schema before gives every organisation its rights, admitted or not.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "admission",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("organisation", sa.BigInteger, nullable=False),
        sa.Column("security_adviser", sa.Text, nullable=False),
        sa.Column("data_protection_officer", sa.Text, nullable=False),
        sa.Column("norms_version", sa.Text, nullable=False),
        sa.Column("valid_until", sa.Date, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The admissions of organisations to production",
    )
    op.create_index("admission_version", "admission", ["version"])
    op.create_index("admission_organisation", "admission", ["organisation", "grant_time", "id"])
    op.create_index("admission_time", "admission", ["grant_time", "id"])
