"""Move the head of a register into a table of its own, `register_head`.

The identity of a register, which hardly changes, and its head, which every write changes, have different
places when the tables are distributed: see docs/decisions/0017. The record time of a register without
mutations becomes its create time.

This is no expansion: a server of the release before would look for the head in `register`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False

_MOVED = "log_id", "revision", "oldest_revision", "types_revision", "dossier_count", "checksum"

_FILL = f"""
-- not on distributed tables
INSERT INTO register_head (register_id, record_time, {", ".join(_MOVED)})
SELECT id, CASE WHEN revision = 0 THEN create_time ELSE record_time END, {", ".join(_MOVED)} FROM register"""


def upgrade() -> None:
    """Create the table, and move the columns of the head into it."""
    op.create_table(
        "register_head",
        sa.Column("register_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("log_id", sa.Uuid, server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("oldest_revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("types_revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("dossier_count", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("register_id"),
        postgresql_with={"fillfactor": "50"},
    )
    op.execute(_FILL)
    for name in ("record_time", *_MOVED):
        op.drop_column("register", name)
    op.execute("ALTER TABLE register RESET (fillfactor)")
