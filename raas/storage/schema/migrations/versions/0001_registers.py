"""Registers, dossiers, mutations, and the tables that make writes idempotent.

There is no downgrade: it would delete the registers.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql as pg

revision = "0001"
down_revision = None
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
    _create_registers()
    _create_dossiers()
    _create_shares()
    _create_mutations()
    _create_requests()
    _create_imports()
    op.create_table(
        "secret",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="Keys that every process on this database shares, such as the one that seals page tokens",
    )


def _create_registers() -> None:
    op.create_table(
        "register",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), nullable=False),
        sa.Column("enterprise_number", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("log_id", sa.Uuid, server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("oldest_revision", sa.BigInteger, server_default="0", nullable=False),
        _instant("record_time"),
        sa.Column("types_revision", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("dossier_count", sa.BigInteger, server_default="0", nullable=False),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        _instant("create_time"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("enterprise_number"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "dossier_type",
        sa.Column("id", sa.Integer, sa.Identity(always=True), nullable=False),
        sa.Column("register_id", sa.BigInteger, nullable=False),
        sa.Column("code", sa.Text(collation="C"), nullable=False),
        sa.Column("labels", pg.JSONB, server_default="{}", nullable=False),
        sa.Column("quality_code", sa.Text),
        sa.Column("partner", sa.BigInteger),
        sa.Column("active_from", sa.Date),
        sa.Column("active_until", sa.Date),
        sa.Column("identity_changes", sa.SmallInteger, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("register_id", "code"),
    )


def _create_dossiers() -> None:
    op.create_table(
        "dossier",
        _key("register_id", sa.BigInteger()),
        _key("niss", sa.BigInteger()),
        _key("dossier_type_id", sa.Integer()),
        sa.Column("periods", pg.DATEMULTIRANGE, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("register_id", "niss", "dossier_type_id"),
        postgresql_with={"fillfactor": "85"},
    )
    op.create_index("dossier_niss", "dossier", ["niss"])


def _create_shares() -> None:
    op.create_table(
        "dossier_share",
        _key("register_id", sa.BigInteger()),
        _key("niss", sa.BigInteger()),
        _key("dossier_type_id", sa.Integer()),
        _key("origin", sa.BigInteger()),
        sa.Column("periods", pg.DATEMULTIRANGE, nullable=False),
        sa.Column("inseparable", pg.DATEMULTIRANGE, nullable=False),
        sa.PrimaryKeyConstraint("register_id", "niss", "dossier_type_id", "origin"),
    )
    op.create_index("dossier_share_niss", "dossier_share", ["niss"])


def _create_mutations() -> None:
    op.create_table(
        "mutation",
        _key("register_id", sa.BigInteger()),
        _key("revision", sa.BigInteger()),
        sa.Column("batch_last_revision", sa.BigInteger, nullable=False),
        sa.Column("previous_revision", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.SmallInteger, nullable=False),
        sa.Column("niss", sa.BigInteger),
        sa.Column("requested_niss", sa.BigInteger),
        sa.Column("dossier_type_id", sa.Integer),
        sa.Column("dossier_type_ids", pg.ARRAY(sa.Integer)),
        sa.Column("before", pg.DATEMULTIRANGE, nullable=False),
        sa.Column("after", pg.DATEMULTIRANGE, nullable=False),
        sa.Column("record_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.BigInteger, nullable=False),
        sa.Column("call_id", sa.Uuid, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("legal_context", sa.Text),
        sa.Column("ticket", sa.Text),
        sa.Column("checksum", sa.LargeBinary, nullable=False),
        sa.Column("detail", pg.JSONB),
        sa.Column("content_id", sa.BigInteger),
        sa.PrimaryKeyConstraint("register_id", "revision"),
    )
    op.create_index(
        "mutation_person",
        "mutation",
        ["register_id", "niss", "revision"],
        postgresql_where="dossier_type_id IS NULL",
    )


def _create_requests() -> None:
    op.create_table(
        "request",
        _key("register_id", sa.BigInteger()),
        _key("actor", sa.BigInteger()),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("answer", sa.LargeBinary, nullable=False),
        _instant("time"),
        sa.PrimaryKeyConstraint("register_id", "actor", "request_id"),
    )
    op.create_index("request_time", "request", ["time"])


def _create_imports() -> None:
    op.create_table(
        "import_progress",
        _key("register_id", sa.BigInteger()),
        _key("actor", sa.BigInteger()),
        sa.Column("import_id", sa.Text, nullable=False),
        sa.Column("through_offset", sa.BigInteger, nullable=False),
        _instant("time"),
        sa.PrimaryKeyConstraint("register_id", "actor", "import_id"),
    )
    op.create_table(
        "import_rejection",
        _key("register_id", sa.BigInteger()),
        _key("actor", sa.BigInteger()),
        sa.Column("import_id", sa.Text, nullable=False),
        _key("offset", sa.BigInteger()),
        sa.Column("violations", pg.JSONB, nullable=False),
        sa.PrimaryKeyConstraint("register_id", "actor", "import_id", "offset"),
    )
