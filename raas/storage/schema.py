"""The tables.

`dossier` and `mutation` carry no foreign keys: checking them halves the rate of writing, and both are
written by one hand only, the write lane, under the lock of the register row. `mutation` is append-only.
Everything about one register begins its primary key with `register_id`, so that the tables can be
distributed by register. See docs/architecture.md for what each table promises.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATEMULTIRANGE, JSONB

metadata = MetaData()


def _instant(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    """A column holding an instant, optionally the statement's clock by default."""
    return Column(
        name,
        DateTime(timezone=True),
        nullable=nullable,
        server_default=func.clock_timestamp() if default else None,
    )


register = Table(
    "register",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("enterprise_number", BigInteger, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("log_id", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    # The smallest after_revision a reader may still start from.
    Column("oldest_revision", BigInteger, nullable=False, server_default="0"),
    _instant("record_time", default=True),
    # The revision of the last change of a dossier type: processes that cached the types compare it.
    Column("types_revision", BigInteger, nullable=False, server_default="0"),
    # Dossiers that have at least one line.
    Column("dossier_count", BigInteger, nullable=False, server_default="0"),
    Column("checksum", LargeBinary, nullable=False),
    _instant("create_time", default=True),
    # Every write updates this one row: leave room on its page, so that the update stays on it.
    postgresql_with={"fillfactor": "50"},
)

dossier_type = Table(
    "dossier_type",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    Column("register_id", BigInteger, nullable=False),
    Column("code", Text(collation="C"), nullable=False),
    Column("labels", JSONB, nullable=False, server_default="{}"),
    Column("quality_code", Text),
    Column("partner", BigInteger),
    Column("active_from", Date),
    Column("active_until", Date),
    Column("identity_changes", SmallInteger, nullable=False),
    UniqueConstraint("register_id", "code"),
)

dossier = Table(
    "dossier",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("niss", BigInteger, primary_key=True, autoincrement=False),
    Column("dossier_type_id", Integer, primary_key=True, autoincrement=False),
    # The normalised lines. A dossier that lost its last line keeps its row, for its history.
    Column("periods", DATEMULTIRANGE, nullable=False),
    # The last mutation of this dossier: head of the chain of previous_revision.
    Column("revision", BigInteger, nullable=False),
    Index("dossier_niss", "niss"),
    postgresql_with={"fillfactor": "85"},
)

mutation = Table(
    "mutation",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, primary_key=True, autoincrement=False),
    Column("batch_last_revision", BigInteger, nullable=False),
    # The mutation before this one of the same dossier (0 = none): history walks the primary key.
    Column("previous_revision", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    Column("niss", BigInteger),
    Column("requested_niss", BigInteger),
    # The other number of a replacement: the successor on the old number's mutation and vice versa.
    Column("other_niss", BigInteger),
    Column("dossier_type_id", Integer),
    # For mutations about a person: the types of the register concerned.
    Column("dossier_type_ids", ARRAY(Integer)),
    Column("before", DATEMULTIRANGE, nullable=False),
    Column("after", DATEMULTIRANGE, nullable=False),
    _instant("record_time"),
    Column("actor", BigInteger, nullable=False),
    Column("call_id", Uuid, nullable=False),
    Column("request_id", Text),
    Column("legal_context", Text),
    Column("ticket", Text),
    Column("checksum", LargeBinary, nullable=False),
    # What does not fit the columns: a dossier type before and after.
    Column("detail", JSONB),
    # History about a person, not about a dossier.
    Index("mutation_person", "register_id", "niss", "revision", postgresql_where="dossier_type_id IS NULL"),
)

request = Table(
    "request",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", BigInteger, primary_key=True, autoincrement=False),
    Column("request_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    _instant("time", default=True),
    Index("request_time", "time"),
)

import_progress = Table(
    "import_progress",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", BigInteger, primary_key=True, autoincrement=False),
    Column("import_id", Text, primary_key=True),
    Column("through_offset", BigInteger, nullable=False),
    _instant("time", default=True),
)

import_rejection = Table(
    "import_rejection",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", BigInteger, primary_key=True, autoincrement=False),
    Column("import_id", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    # [{field, reason, sentence, values}]: never a NISS, a name or another fact about a person.
    Column("violations", JSONB, nullable=False),
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="Keys that every process on this database shares, such as the one that seals page tokens",
)
