"""Keep what callers use of their limits: `caller_usage`, and the budgets of a day.

`caller_usage` is unlogged: it holds the state of a moment, and a standby that takes over begins with none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "caller_usage",
        sa.Column("process", sa.Uuid, nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("process"),
        comment="What callers ask of each process, so that limits hold over all of them; empty after a crash",
        prefixes=["UNLOGGED"],
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "budget_salt",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("day"),
        comment="The key under which the numbers in budget_entry are hashed; without it they are meaningless",
    )
    op.create_table(
        "budget_entry",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("caller", sa.Text(collation="C"), nullable=False),
        sa.Column("budget", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("entry", sa.BigInteger, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day", "caller", "budget", "entry"),
        comment="What counts against the budgets of callers on a Brussels day; deleted two days later",
    )
    op.create_table(
        "budget_use",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("caller", sa.Text(collation="C"), nullable=False),
        sa.Column("budget", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", "caller", "budget"),
        comment="How much of each budget callers have used on a Brussels day; deleted after 30 days",
    )
