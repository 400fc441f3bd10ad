"""Count usage for charging: `usage_count`, `usage_dossiers`, `usage_month`, `usage_batch`.

An expansion: a server of the release before does not know these tables, and its calls are not counted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

release = "0.2"
expansion = True

_KEY = ("caller", "on_behalf_of", "register", "partner")


def _number(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _month() -> sa.Column[object]:
    return sa.Column("month", sa.Integer, nullable=False, autoincrement=False)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "usage_count",
        _month(),
        *map(_number, _KEY),
        sa.Column("rpc", sa.Text(collation="C"), nullable=False),
        *map(_number, ("calls", "items", "deliveries", "refused")),
        sa.PrimaryKeyConstraint("month", *_KEY, "rpc"),
        comment="The calls of each month, counted for charging",
        postgresql_with={"fillfactor": "70"},
    )
    op.create_table(
        "usage_dossiers",
        _month(),
        *map(_number, ("register", "partner", "dossiers")),
        sa.PrimaryKeyConstraint("month", "register", "partner"),
        comment="The dossiers with lines of each register and partner at the end of each month",
    )
    op.create_table(
        "usage_month",
        _month(),
        _instant("count_time", nullable=True),
        _instant("close_time", nullable=True),
        sa.PrimaryKeyConstraint("month"),
        comment="The months of usage_count",
    )
    op.create_table(
        "usage_batch",
        sa.Column("process", sa.Uuid, nullable=False),
        _number("number"),
        _instant("time"),
        sa.PrimaryKeyConstraint("process"),
        comment="The last batch of usage that each process added; kept for a day",
        postgresql_with={"fillfactor": "50"},
    )
