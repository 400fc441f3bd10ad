"""Keep a history of the statuses of numbers: the tables `niss_status` and `niss_status_bounds`.

The statuses before this migration are not known, so the history of a database with registers or persons
begins now, and not before any record time: no mutation is older than the statuses beside it. A register whose
clock once ran far ahead is left out of this, or no status could change until the time that it recorded.

This is no expansion: a server of the release before would change statuses without recording them. There is no
way back down: the history would be lost.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False

_BEGIN = """
INSERT INTO niss_status_bounds (id, begin_time, last_time)
SELECT 1, begin_time, begin_time
FROM (SELECT CASE WHEN EXISTS (SELECT FROM register) OR EXISTS (SELECT FROM person)
             THEN greatest(clock_timestamp(), (SELECT max(record_time) FROM register
                                               WHERE record_time <= clock_timestamp() + interval '60 s'))
             ELSE '-infinity' END AS begin_time) b"""

_FILL = """
INSERT INTO niss_status (niss, time, status, replaced_by, successor)
SELECT p.niss, b.begin_time, p.status, p.replaced_by, p.successor FROM person p, niss_status_bounds b"""


def upgrade() -> None:
    """Create the tables, and record the statuses of now."""
    op.create_table(
        "niss_status",
        sa.Column("niss", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("replaced_by", sa.BigInteger),
        sa.Column("successor", sa.BigInteger),
        sa.PrimaryKeyConstraint("niss", "time"),
        comment="The status of each number from an instant on; rows are never changed or deleted",
    )
    op.create_index(
        "niss_status_successor",
        "niss_status",
        ["successor"],
        postgresql_where=sa.text("successor IS NOT NULL"),
    )
    op.create_table(
        "niss_status_bounds",
        sa.Column("id", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("begin_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_time", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        comment="One row: since when niss_status is complete, and its last change",
    )
    op.execute(_BEGIN)
    op.execute(_FILL)
