"""Record which migrations a database has, for servers that do not know them: the table `schema_change`.

There is no downgrade: a server could no longer judge migrations that it does not know.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

release = "0.2"
expansion = True


def upgrade() -> None:
    """Create the table; every upgrade fills it."""
    op.create_table(
        "schema_change",
        sa.Column("revision", sa.Text, nullable=False),
        sa.Column("release", sa.Text, nullable=False),
        sa.Column("expansion", sa.Boolean, nullable=False),
        sa.Column(
            "time", sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False
        ),
        sa.PrimaryKeyConstraint("revision"),
        comment="The migrations this database has, so that a server of the release before can judge them",
    )
