"""Protect subscribers that read again from below their acknowledged revision or are deleted while connected.

`reading_revision` is the revision after which its newest stream began, moved on by acknowledgements: trimming
keeps what follows it. A subscriber that is deleted while connected keeps its row, marked `deleted`, until its
stream ends: an acknowledgement of that stream then creates it again with the same filters.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def upgrade() -> None:
    """Add both columns; NULL = the acknowledged revision."""
    op.add_column("subscriber", sa.Column("reading_revision", sa.BigInteger))
    op.add_column("subscriber", sa.Column("deleted", sa.Boolean, nullable=False, server_default="false"))
