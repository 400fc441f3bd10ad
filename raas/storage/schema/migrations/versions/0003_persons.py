"""Persons, their search keys, their imports, and facts about them beside the log.

There is no downgrade: it would lose the numbers of persons.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

release = "0.1"
expansion = False


def _key(name: str, kind: sa.types.TypeEngine[int]) -> sa.Column[object]:
    """A column of a primary key that is given, never counted up."""
    return sa.Column(name, kind, autoincrement=False, nullable=False)


def _instant(name: str) -> sa.Column[object]:
    """An instant, the statement's clock by default."""
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.func.clock_timestamp(), nullable=False
    )


def upgrade() -> None:
    """Create the tables."""
    _create_persons()
    _create_requests()
    _create_imports()
    op.create_table(
        "content",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("niss", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("body", pg.JSONB),
        sa.Column("salt", sa.LargeBinary),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        _instant("create_time"),
        sa.Column("erased_time", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id"),
        comment="Facts about people that mutations refer to, kept beside the log so that they can be erased",
    )
    op.create_index("content_niss", "content", ["niss"])
    op.create_index("content_create_time", "content", ["create_time"], postgresql_where="erased_time IS NULL")


def _create_persons() -> None:
    op.create_table(
        "person",
        _key("niss", sa.BigInteger()),
        sa.Column("register_of_origin", sa.SmallInteger, nullable=False),
        sa.Column("status", sa.SmallInteger, nullable=False),
        sa.Column("replaced_by", sa.BigInteger),
        sa.Column("successor", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False),
        _instant("update_time"),
        sa.Column("last_name", sa.Text),
        sa.Column("first_names", pg.ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("birth_date", sa.Text),
        sa.Column("birth_first", sa.Date),
        sa.Column("sex", sa.SmallInteger),
        sa.Column("birth_place", sa.Text),
        sa.Column("nationality", sa.Text),
        sa.Column("death_date", sa.Text),
        sa.Column("address", pg.JSONB),
        sa.Column("contact_address", pg.JSONB),
        sa.Column("source_dates", pg.JSONB, server_default="{}", nullable=False),
        sa.Column("search_keys", pg.ARRAY(sa.Text), server_default="{}", nullable=False),
        sa.Column("birth_code", sa.Integer, server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("niss"),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index("person_successor", "person", ["successor"], postgresql_where="successor IS NOT NULL")
    op.create_table(
        "person_key",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        _key("birth_code", sa.Integer()),
        _key("niss", sa.BigInteger()),
        sa.PrimaryKeyConstraint("key", "birth_code", "niss"),
    )


def _create_requests() -> None:
    op.create_table(
        "person_request",
        _key("actor", sa.BigInteger()),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("niss", sa.BigInteger, nullable=False),
        _instant("time"),
        sa.PrimaryKeyConstraint("actor", "request_id"),
    )
    op.create_index("person_request_time", "person_request", ["time"])


def _create_imports() -> None:
    op.create_table(
        "person_import",
        _key("actor", sa.BigInteger()),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("through_offset", sa.BigInteger, nullable=False),
        _instant("time"),
        sa.PrimaryKeyConstraint("actor", "import_id"),
    )
    op.create_table(
        "person_import_rejection",
        _key("actor", sa.BigInteger()),
        sa.Column("import_id", sa.Text, nullable=False),
        _key("offset", sa.BigInteger()),
        sa.Column("violations", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("actor", "import_id", "offset"),
    )
