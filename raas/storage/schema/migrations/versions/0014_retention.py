"""Keep how long lines are kept, and which inscriptions are restricted: `keep_after_end`, `restriction`.

It only adds, but is no expansion: a server of this release reads the column and the table even before any
register uses them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import DATEMULTIRANGE

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("dossier_type", sa.Column("keep_after_end", sa.Text))
    op.create_table(
        "restriction",
        sa.Column("register_id", sa.BigInteger, nullable=False),
        sa.Column("niss", sa.BigInteger, nullable=False),
        sa.Column("dossier_type_id", sa.Integer, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("periods", DATEMULTIRANGE, nullable=False),
        sa.Column("first_revision", sa.BigInteger, nullable=False),
        sa.Column("last_revision", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("restricted_by", sa.Text, nullable=False),
        sa.Column(
            "restrict_time",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.func.clock_timestamp(),
        ),
        sa.Column("lift_reason", sa.Text),
        sa.Column("lift_ticket", sa.Text),
        sa.Column("lifted_by", sa.Text),
        sa.Column("lift_time", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("register_id", "niss", "dossier_type_id", "id"),
        comment="Mistaken inscriptions, removed since, that reads as of an earlier time leave out",
    )
