"""The tables of registers.

`dossier` and `mutation` have no foreign keys: checking them halves the write rate, and only the write queue
writes both, under the lock of the register's head. `mutation` is append-only.
The primary keys of all tables about a register begin with `register_id`, so that the tables can be
distributed by register: see placement.py.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATEMULTIRANGE, JSONB

from raas.storage.schema.metadata import instant, metadata

register = Table(
    "register",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("enterprise_number", BigInteger, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    instant("create_time", default=True),
    # The older codes of the network, 0 to 999.
    Column("sector", SmallInteger),
    Column("institution", SmallInteger),
)

register_head = Table(
    "register_head",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("log_id", Uuid, nullable=False, server_default=func.gen_random_uuid()),
    Column("revision", BigInteger, nullable=False, server_default="0"),
    # The smallest after_revision that a reader can start from.
    Column("oldest_revision", BigInteger, nullable=False, server_default="0"),
    # Before the first mutation, the create time of the register.
    instant("record_time"),
    # The revision of the last change of a dossier type: processes that cached the types compare it.
    Column("types_revision", BigInteger, nullable=False, server_default="0"),
    # Dossiers that have at least one line.
    Column("dossier_count", BigInteger, nullable=False, server_default="0"),
    Column("checksum", LargeBinary, nullable=False),
    # The chain of the audit records of the register in the open log: its length, and the hash of the last.
    Column("audit_length", BigInteger, nullable=False, server_default="0"),
    Column("audit_hash", LargeBinary),
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
    Column("partner_sector", SmallInteger),
    Column("partner_institution", SmallInteger),
    # An ISO 8601 duration; NULL = lines are kept until a call removes them.
    Column("keep_after_end", Text),
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

dossier_share = Table(
    "dossier_share",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    # The number that holds the dossier.
    Column("niss", BigInteger, primary_key=True, autoincrement=False),
    Column("dossier_type_id", Integer, primary_key=True, autoincrement=False),
    # The number that brought these days (domain/registers/shares.py).
    Column("origin", BigInteger, primary_key=True, autoincrement=False),
    Column("periods", DATEMULTIRANGE, nullable=False),
    Column("inseparable", DATEMULTIRANGE, nullable=False),
    Index("dossier_share_niss", "niss"),
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
    Column("dossier_type_id", Integer),
    # For mutations about a person: the types of the register concerned.
    Column("dossier_type_ids", ARRAY(Integer)),
    Column("before", DATEMULTIRANGE, nullable=False),
    Column("after", DATEMULTIRANGE, nullable=False),
    instant("record_time"),
    Column("actor", BigInteger, nullable=False),
    Column("call_id", Uuid, nullable=False),
    Column("request_id", Text),
    Column("legal_context", Text),
    Column("ticket", Text),
    # The application of the actor, and the organisation for which a gateway called.
    Column("application", Text),
    Column("on_behalf_of", BigInteger),
    Column("checksum", LargeBinary, nullable=False),
    # Details without a column of their own: the numbers of a replacement, a dossier type before and after.
    Column("detail", JSONB),
    # Erasable contents about a person, stored beside the log.
    Column("content_id", BigInteger),
    # History about a person, not about a dossier.
    Index("mutation_person", "register_id", "niss", "revision", postgresql_where="dossier_type_id IS NULL"),
)

restriction = Table(
    "restriction",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    # One row for each number of the person, all with the same id.
    Column("niss", BigInteger, primary_key=True, autoincrement=False),
    Column("dossier_type_id", Integer, primary_key=True, autoincrement=False),
    Column("id", Uuid, primary_key=True),
    # These days are left out of the states of the dossier at these revisions, both inclusive.
    Column("periods", DATEMULTIRANGE, nullable=False),
    Column("first_revision", BigInteger, nullable=False),
    Column("last_revision", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ticket", Text, nullable=False),
    # The user of the operating system who ran the command.
    Column("restricted_by", Text, nullable=False),
    instant("restrict_time", default=True),
    # All four are set once the restriction is lifted: it has no effect any more.
    Column("lift_reason", Text),
    Column("lift_ticket", Text),
    Column("lifted_by", Text),
    instant("lift_time", nullable=True),
    comment="Mistaken inscriptions, removed since, that reads as of an earlier time leave out",
)

request = Table(
    "request",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    instant("time", default=True),
    Index("request_time", "time"),
)

import_progress = Table(
    "import_progress",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("through_offset", BigInteger, nullable=False),
    instant("time", default=True),
)

import_rejection = Table(
    "import_rejection",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    # [{field, reason, sentence, values}]: never a NISS, a name or another fact about a person.
    Column("violations", JSONB, nullable=False),
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("name", Text(collation="C"), primary_key=True),
    # The log that it acknowledged in: revisions of another one mean nothing here.
    Column("log_id", Uuid, nullable=False),
    # Its filters: codes of dossier types and numbers of kinds, sorted; empty = all.
    Column("dossier_types", ARRAY(Text), nullable=False),
    Column("kinds", ARRAY(SmallInteger), nullable=False),
    Column("acknowledged_revision", BigInteger, nullable=False),
    instant("last_seen_time", default=True),
    # Until when it counts as connected unless its process says so again.
    instant("connected_until", default=True),
    # The revision after which its newest stream reads; NULL = acknowledged_revision.
    Column("reading_revision", BigInteger),
    # Deleted while connected: an acknowledgement of its open stream creates it again with these filters.
    Column("deleted", Boolean, nullable=False, server_default="false"),
    # Noting that a subscriber is there changes no index.
    postgresql_with={"fillfactor": "70"},
)
