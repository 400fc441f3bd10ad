"""Keep mandates and role grants: the tables `rights_version`, `mandate` and `role_grant`.

Registers and the partners of dossier types get the older codes of the network. This is no expansion: a server
of the release before knows no rights.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the tables and the columns; there are no rights yet."""
    op.create_table(
        "rights_version",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="One row: the version of the rights, which every change of a right raises by one",
    )
    op.execute("INSERT INTO rights_version (id, version) VALUES (1, 0)")
    op.create_table(
        "mandate",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("register", sa.BigInteger, nullable=False),
        sa.Column("mandatary", sa.BigInteger, nullable=False),
        sa.Column("permissions", ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("dossier_types", ARRAY(sa.Text)),
        sa.Column("contents", ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("legal_basis", sa.Text),
        _instant("expire_time", nullable=True),
        sa.Column("reason", sa.Text),
        sa.Column("ticket", sa.Text),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The rights of organisations on the registers of others",
    )
    op.create_index("mandate_version", "mandate", ["version"])
    op.create_index("mandate_register", "mandate", ["register", "grant_time", "id"])
    op.create_index("mandate_mandatary", "mandate", ["mandatary", "grant_time", "id"])
    op.create_table(
        "role_grant",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("organisation", sa.BigInteger, nullable=False),
        sa.Column("role", sa.SmallInteger, nullable=False),
        sa.Column("organisations", ARRAY(sa.BigInteger), nullable=False),
        sa.Column("rpcs", ARRAY(sa.Text), nullable=False),
        sa.Column("dossier_types", ARRAY(sa.Text)),
        sa.Column("legal_contexts", ARRAY(sa.Text)),
        sa.Column("valid_from", sa.Date),
        sa.Column("valid_until", sa.Date),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("confirmed_by", sa.BigInteger),
        _instant("confirm_time", nullable=True),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The roles of organisations",
    )
    op.create_index("role_grant_version", "role_grant", ["version"])
    op.create_index("role_grant_organisation", "role_grant", ["organisation", "grant_time", "id"])
    op.create_index("role_grant_time", "role_grant", ["grant_time", "id"])
    for table, columns in (
        ("register", ("sector", "institution")),
        ("dossier_type", ("partner_sector", "partner_institution")),
    ):
        for column in columns:
            op.add_column(table, sa.Column(column, sa.SmallInteger))
