"""Keep authorisations for data of network services: `authorisation`.

Not an expansion: a server of the schema before shows whole identities, whatever the authorisations say.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "authorisation",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("register", sa.BigInteger, nullable=False),
        sa.Column("partner", sa.BigInteger),
        sa.Column("dossier_types", ARRAY(sa.Text)),
        sa.Column("deliberation", sa.Text, nullable=False),
        sa.Column("legal_context", sa.Text),
        sa.Column("fields", ARRAY(sa.Text)),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("granted_by", sa.BigInteger, nullable=False),
        _instant("grant_time"),
        sa.Column("confirmed_by", sa.BigInteger),
        _instant("confirm_time", nullable=True),
        sa.Column("revoked_by", sa.BigInteger),
        _instant("revoke_time", nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="The deliberations that let registers receive data of network services",
    )
    op.create_index("authorisation_version", "authorisation", ["version"])
    op.create_index("authorisation_register", "authorisation", ["register", "grant_time", "id"])
    op.create_index("authorisation_time", "authorisation", ["grant_time", "id"])
