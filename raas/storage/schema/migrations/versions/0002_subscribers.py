"""Named subscribers of the stream of mutations: the table `subscriber`.

There is no downgrade: it would lose the positions of subscribers.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

release = "0.1"
expansion = False


def upgrade() -> None:
    """Create the table."""
    now = sa.func.clock_timestamp()
    op.create_table(
        "subscriber",
        sa.Column("register_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("caller", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(collation="C"), nullable=False),
        sa.Column("log_id", sa.Uuid, nullable=False),
        sa.Column("dossier_types", pg.ARRAY(sa.Text), nullable=False),
        sa.Column("kinds", pg.ARRAY(sa.SmallInteger), nullable=False),
        sa.Column("acknowledged_revision", sa.BigInteger, nullable=False),
        sa.Column("last_seen_time", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.Column("connected_until", sa.DateTime(timezone=True), server_default=now, nullable=False),
        sa.PrimaryKeyConstraint("register_id", "caller", "name"),
        postgresql_with={"fillfactor": "70"},
    )
