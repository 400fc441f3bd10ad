"""The tables of the audit: records, and the proof that they were not altered (docs/audit-format.md).

Rows are only ever inserted: the role of the server can neither change nor delete them (roles.py). Records
lie in partitions, one for each month of UTC; a default partition takes what no month does. `log` is the
number of the log: after a restore of an older copy another log begins, and all chains with it.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from raas.storage.schema.metadata import instant, metadata

BY_MONTH = "RANGE (time)"
PARTITIONED = ("audit_write", "audit_call")
"""The tables of records: of writes, with their register; of everything else, by process."""
ERASABLE = ("audit_criteria",)
"""The tables whose rows a role of its own may delete."""
INSERT_ONLY = (
    *("audit_log", "audit_write", "audit_call", "audit_process", "audit_seal", "audit_checkpoint"),
    *("audit_range", "audit_tile", "audit_delivery", "audit_removal", "audit_removal_chain", "audit_removed"),
)
"""The tables whose rows nobody changes or deletes but the removal of a month."""


# Numbers only: a text of a filter has its quotation marks escaped, and so never reads like a field.
_FIRST = """substring(bulk FROM '"first_revision":([0-9]+)')"""
_LAST = """substring(bulk FROM '"last_revision":([0-9]+)')"""
_SIDE = f"(register * 2 + CASE WHEN {_FIRST} IS NULL THEN 1 ELSE 0 END)::float8"

# The revisions of an answer about many persons, as a box that an index can hold. Its first coordinate is
# twice the register, and one more where the register was shown as of one revision; the second runs from the
# first revision to the last. NULL without a revision.
_EXTENT = f"""
CREATE OR REPLACE FUNCTION audit_extent(register bigint, bulk text, revision bigint) RETURNS box
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT box(point({_SIDE}, coalesce({_FIRST}, {_LAST}, revision::text)::float8),
           point({_SIDE}, coalesce({_LAST}, revision::text)::float8)) $$"""


def _log() -> Column[int]:
    return Column("log", SmallInteger, primary_key=True, autoincrement=False)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _record_columns() -> list[Column[object]]:
    """The columns that hold the canonical texts of a record (domain/audit/record.py), and its hash."""
    return [
        Column("hash", LargeBinary, nullable=False),
        Column("kind", SmallInteger, nullable=False),
        Column("call_id", Uuid),
        Column("caller", BigInteger),
        Column("application", Text),
        Column("credential", Text),
        Column("peer", Text),
        Column("on_behalf_of", BigInteger),
        Column("end_user", Text),
        Column("rpc", Text, nullable=False),
        Column("register", BigInteger),
        Column("touched", ARRAY(BigInteger), nullable=False),
        Column("shown", ARRAY(BigInteger), nullable=False),
        # Canonical JSON, as it was hashed.
        Column("bulk", Text),
        Column("legal_context", Text),
        Column("ticket", Text),
        Column("outcome", Text, nullable=False),
        Column("revision", BigInteger),
        Column("count", BigInteger),
        Column("criteria", LargeBinary),
        Column("details", Text),
    ]


def _record_indexes(table: str) -> list[Index]:
    """Records are asked for by the call, the caller, the register, and the numbers touched or shown."""
    return [
        Index(f"{table}_call_id", "call_id"),
        Index(f"{table}_caller", "caller", "time"),
        Index(f"{table}_niss", text("(touched || shown)"), postgresql_using="gin"),
    ]


audit_log = Table(
    "audit_log",
    metadata,
    _log(),
    Column("origin", Text(collation="C"), nullable=False, unique=True),
    instant("begin_time", default=True),
    comment="The logs: the one with the highest number is open",
)

audit_write = Table(
    "audit_write",
    metadata,
    _key("register_id"),
    _log(),
    _key("chain_index"),
    Column("time", instant("time").type, primary_key=True),
    *_record_columns(),
    *_record_indexes("audit_write"),
    Index("audit_write_register", "register_id", "time"),
    postgresql_partition_by=BY_MONTH,
    comment="The chains of registers: calls that reached a write transaction of the register",
)

audit_call = Table(
    "audit_call",
    metadata,
    Column("chain", Uuid, primary_key=True),
    _log(),
    _key("chain_index"),
    Column("time", instant("time").type, primary_key=True),
    *_record_columns(),
    *_record_indexes("audit_call"),
    Index("audit_call_register", "register", "time", postgresql_where=text("register IS NOT NULL")),
    # Answers about many persons, who are not named in them.
    Index("audit_call_bulk", "register", "time", postgresql_where=text("bulk IS NOT NULL")),
    Index(
        "audit_call_extent",
        text("audit_extent(register, bulk, revision)"),
        postgresql_using="gist",
        postgresql_where=text("bulk IS NOT NULL"),
    ),
    postgresql_partition_by=BY_MONTH,
    comment="The chains of processes: reads, refusals and commands",
)


def _create_extent(_: object, connection: Connection, **__: object) -> None:
    connection.exec_driver_sql(_EXTENT)


event.listen(audit_call, "before_create", _create_extent)

audit_criteria = Table(
    "audit_criteria",
    metadata,
    Column("chain", Uuid, primary_key=True),
    _log(),
    _key("chain_index"),
    instant("time"),
    Column("salt", LargeBinary, nullable=False),
    Column("content", Text, nullable=False),
    Index("audit_criteria_time", "time"),
    comment="Search criteria of records of audit_call, of which they hold a salted hash; erased by deletion",
)

audit_process = Table(
    "audit_process",
    metadata,
    Column("chain", Uuid, primary_key=True),
    _log(),
    instant("begin_time"),
    comment="The processes that have a chain",
)

audit_seal = Table(
    "audit_seal",
    metadata,
    Column("chain", Uuid, primary_key=True),
    _log(),
    instant("time"),
    comment="The processes whose chain has its last record: nothing is added to it any more",
)

audit_checkpoint = Table(
    "audit_checkpoint",
    metadata,
    _log(),
    _key("number"),
    Column("size", BigInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),
    instant("time", default=True),
    Index("audit_checkpoint_time", "log", "time"),
    comment="Signed checkpoints, with the number of leaves that each covers",
)

audit_range = Table(
    "audit_range",
    metadata,
    _log(),
    _key("leaf"),
    Column("chain", Text(collation="C"), nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
    Column("checkpoint", BigInteger, nullable=False),
    # The hash of the last record of the range: the state of the chain at the checkpoint.
    Column("head", LargeBinary, nullable=False),
    Column("sealed", Boolean, nullable=False),
    Index("audit_range_chain", "log", "chain", "first"),
    Index("audit_range_sealed", "log", "chain", postgresql_where=text("sealed")),
    comment="Records first to last of a chain are the leaves from leaf on, since this checkpoint",
)

audit_tile = Table(
    "audit_tile",
    metadata,
    _log(),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    _key("tile"),
    Column("start", SmallInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
    comment="Parts of tiles of the Merkle tree: hashes of 32 bytes, from hash number start of the tile on",
)

audit_delivery = Table(
    "audit_delivery",
    metadata,
    _log(),
    Column("destination", Text(collation="C"), primary_key=True),
    _key("number"),
    instant("time", default=True),
    comment="The checkpoints that were delivered to places outside the database",
)

audit_removal = Table(
    "audit_removal",
    metadata,
    _log(),
    # The size of the checkpoint: all leaves before it were removed.
    _key("first"),
    Column("checkpoint", BigInteger, nullable=False),
    instant("time", default=True),
    comment="Removals of months of records",
)

audit_removal_chain = Table(
    "audit_removal_chain",
    metadata,
    _log(),
    _key("first"),
    Column("chain", Text(collation="C"), primary_key=True),
    Column("length", BigInteger, nullable=False),
    Column("head", LargeBinary, nullable=False),
    comment="The open chains at the checkpoint of a removal",
)

audit_removed = Table(
    "audit_removed",
    metadata,
    _log(),
    Column("chain", Text(collation="C"), primary_key=True),
    _key("chain_index"),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", Boolean, nullable=False),
    comment="Hashes of records that were removed with their month, and stand behind the first leaf kept",
)
