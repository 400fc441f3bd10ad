"""The tables of persons: identities, the history of their numbers, imports, and erasable contents."""

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
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from raas.storage.schema.metadata import instant, metadata

person = Table(
    "person",
    metadata,
    Column("niss", BigInteger, primary_key=True, autoincrement=False),
    Column("register_of_origin", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    # The number that took this one's place, and the one that stands for the person in the end.
    Column("replaced_by", BigInteger),
    Column("successor", BigInteger),
    Column("version", BigInteger, nullable=False),
    instant("update_time", default=True),
    Column("last_name", Text),
    Column("first_names", ARRAY(Text), nullable=False, server_default="{}"),
    # The date with 00 for unknown parts, and the earliest possible day.
    Column("birth_date", Text),
    Column("birth_first", Date),
    Column("sex", SmallInteger),
    Column("birth_place", Text),
    Column("nationality", Text),
    Column("death_date", Text),
    Column("address", JSONB),
    Column("contact_address", JSONB),
    # {field of the identity: day of the source data it was taken from}
    Column("source_dates", JSONB, nullable=False, server_default="{}"),
    # The keys of the search: its rows of person_key.
    Column("search_keys", ARRAY(Text), nullable=False, server_default="{}"),
    Column("birth_code", Integer, nullable=False, server_default="0"),
    Column("given_signature", BigInteger, nullable=False, server_default="0"),
    Index("person_successor", "successor", postgresql_where="successor IS NOT NULL"),
    # The persons born on a day. The signatures exclude some of them without a look at a row.
    Index("person_birth", "birth_code", postgresql_include=["given_signature", "niss"]),
    postgresql_with={"fillfactor": "90"},
)

niss_status = Table(
    "niss_status",
    metadata,
    Column("niss", BigInteger, primary_key=True, autoincrement=False),
    # From when on. All rows of a transaction, and its mutations, carry one instant.
    Column("time", DateTime(timezone=True), primary_key=True),
    Column("status", SmallInteger, nullable=False),
    Column("replaced_by", BigInteger),
    Column("successor", BigInteger),
    # The numbers that one ever replaced.
    Index("niss_status_successor", "successor", postgresql_where="successor IS NOT NULL"),
    comment="The status of each number from an instant on; rows are never changed or deleted",
)

niss_status_bounds = Table(
    "niss_status_bounds",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    # As of earlier instants no status is known.
    instant("begin_time"),
    # The instant of the last change of a status: the next one is later.
    instant("last_time"),
    comment="One row: since when niss_status is complete, and its last change",
)

person_key = Table(
    "person_key",
    metadata,
    # Phonetic key of a part of the last name, birth date and number, in the order in which they are read.
    Column("key", Text(collation="C"), nullable=False),
    Column("birth_code", Integer, nullable=False),
    Column("niss", BigInteger, nullable=False),
    # In the index, so that whose given names cannot fit is left out without looking at a row.
    Column("given_signature", BigInteger, nullable=False),
    PrimaryKeyConstraint("key", "birth_code", "niss", postgresql_include=["given_signature"]),
)

person_request = Table(
    "person_request",
    metadata,
    Column("caller", Text(collation="C"), primary_key=True),
    Column("request_id", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    # The person created: the answer is made of its record.
    Column("niss", BigInteger, nullable=False),
    instant("time", default=True),
    Index("person_request_time", "time"),
)

person_import = Table(
    "person_import",
    metadata,
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("through_offset", BigInteger, nullable=False),
    instant("time", default=True),
)

person_import_rejection = Table(
    "person_import_rejection",
    metadata,
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("offset", BigInteger, primary_key=True, autoincrement=False),
    # As in import_rejection.
    Column("violations", JSONB, nullable=False),
)

content = Table(
    "content",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("niss", BigInteger, nullable=False),
    Column("kind", SmallInteger, nullable=False),
    # Both are gone once erased; the hash of both stands in the log and stays.
    Column("body", JSONB),
    Column("salt", LargeBinary),
    Column("hash", LargeBinary, nullable=False),
    instant("create_time", default=True),
    instant("erased_time", nullable=True),
    Index("content_niss", "niss"),
    Index("content_create_time", "create_time", postgresql_where="erased_time IS NULL"),
    comment="Facts about people that mutations refer to, kept beside the log so that they can be erased",
)
