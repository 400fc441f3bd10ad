"""The tables.

`dossier` and `mutation` have no foreign keys: checking them halves the write rate, and only the write queue
writes both, under the lock of the register's head. `mutation` is append-only.
The primary keys of all tables about a register begin with `register_id`, so that the tables can be
distributed by register: see placement.py. docs/architecture.md describes each table.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
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
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, DATEMULTIRANGE, JSONB

from raas.storage.schema import audit_tables
from raas.storage.schema.metadata import instant as _instant
from raas.storage.schema.metadata import metadata

__all__ = ["audit_tables", "metadata"]

register = Table(
    "register",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("enterprise_number", BigInteger, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _instant("create_time", default=True),
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
    _instant("record_time"),
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
    _instant("record_time"),
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
    _instant("restrict_time", default=True),
    # All four are set once the restriction is lifted: it has no effect any more.
    Column("lift_reason", Text),
    Column("lift_ticket", Text),
    Column("lifted_by", Text),
    _instant("lift_time", nullable=True),
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
    _instant("time", default=True),
    Index("request_time", "time"),
)

import_progress = Table(
    "import_progress",
    metadata,
    Column("register_id", BigInteger, primary_key=True, autoincrement=False),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("through_offset", BigInteger, nullable=False),
    _instant("time", default=True),
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
    _instant("last_seen_time", default=True),
    # Until when it counts as connected unless its process says so again.
    _instant("connected_until", default=True),
    # The revision after which its newest stream reads; NULL = acknowledged_revision.
    Column("reading_revision", BigInteger),
    # Deleted while connected: an acknowledgement of its open stream creates it again with these filters.
    Column("deleted", Boolean, nullable=False, server_default="false"),
    # Noting that a subscriber is there changes no index.
    postgresql_with={"fillfactor": "70"},
)

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
    _instant("update_time", default=True),
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
    _instant("begin_time"),
    # The instant of the last change of a status: the next one is later.
    _instant("last_time"),
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
    _instant("time", default=True),
    Index("person_request_time", "time"),
)

person_import = Table(
    "person_import",
    metadata,
    Column("caller", Text(collation="C"), primary_key=True),
    Column("import_id", Text, primary_key=True),
    Column("through_offset", BigInteger, nullable=False),
    _instant("time", default=True),
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
    _instant("create_time", default=True),
    _instant("erased_time", nullable=True),
    Index("content_niss", "niss"),
    Index("content_create_time", "create_time", postgresql_where="erased_time IS NULL"),
    comment="Facts about people that mutations refer to, kept beside the log so that they can be erased",
)

caller_usage = Table(
    "caller_usage",
    metadata,
    # One row for each serving process, chosen by it at random.
    Column("process", Uuid, primary_key=True),
    _instant("time"),
    # {caller: [demand for each limit]} of the process.
    Column("report", JSON, nullable=False),
    comment="What callers ask of each process, so that limits hold over all of them; empty after a crash",
    prefixes=["UNLOGGED"],
    # Every process updates its row four times a second: leave room on its page.
    postgresql_with={"fillfactor": "50"},
)

budget_salt = Table(
    "budget_salt",
    metadata,
    Column("day", Date, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="The key under which the numbers in budget_entry are hashed; without it they are meaningless",
)

budget_entry = Table(
    "budget_entry",
    metadata,
    Column("day", Date, primary_key=True),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("budget", SmallInteger, primary_key=True, autoincrement=False),
    # A keyed hash of a number, or a random one where every entry counts.
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    comment="What counts against the budgets of callers on a Brussels day; deleted two days later",
)

budget_use = Table(
    "budget_use",
    metadata,
    Column("day", Date, primary_key=True),
    Column("caller", Text(collation="C"), primary_key=True),
    Column("budget", SmallInteger, primary_key=True, autoincrement=False),
    # The number of entries.
    Column("used", BigInteger, nullable=False),
    comment="How much of each budget callers have used on a Brussels day; deleted after 30 days",
)

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="Keys that every process on this database shares, such as the one that seals page tokens",
)

# The tables of rights. Every row holds the version of the rights at which it last changed; organisations and
# registers stand in them by their enterprise numbers.

rights_version = Table(
    "rights_version",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    comment="One row: the version of the rights, which every change of a right raises by one",
)

mandate = Table(
    "mandate",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("register", BigInteger, nullable=False),
    Column("mandatary", BigInteger, nullable=False),
    Column("permissions", ARRAY(SmallInteger), nullable=False),
    # NULL = all.
    Column("dossier_types", ARRAY(Text)),
    Column("contents", ARRAY(SmallInteger), nullable=False),
    # Days in Belgium, both inclusive.
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("legal_basis", Text),
    # Break-glass: the mandate ends within a day, and says why it was taken.
    _instant("expire_time", nullable=True),
    Column("reason", Text),
    Column("ticket", Text),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("mandate_version", "version"),
    Index("mandate_register", "register", "grant_time", "id"),
    Index("mandate_mandatary", "mandatary", "grant_time", "id"),
    comment="The rights of organisations on the registers of others",
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("organisation", BigInteger, nullable=False),
    Column("role", SmallInteger, nullable=False),
    # Of a GATEWAY.
    Column("organisations", ARRAY(BigInteger), nullable=False),
    Column("rpcs", ARRAY(Text), nullable=False),
    # Of a ROUTER; NULL = all.
    Column("dossier_types", ARRAY(Text)),
    Column("legal_contexts", ARRAY(Text)),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("confirmed_by", BigInteger),
    _instant("confirm_time", nullable=True),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("role_grant_version", "version"),
    Index("role_grant_organisation", "organisation", "grant_time", "id"),
    Index("role_grant_time", "grant_time", "id"),
    comment="The roles of organisations",
)

legal_context = Table(
    "legal_context",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("organisation", BigInteger, nullable=False),
    Column("legal_context", Text, nullable=False),
    Column("rpcs", ARRAY(Text), nullable=False),
    # NULL = all.
    Column("dossier_types", ARRAY(Text)),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("confidential_until", Date),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("legal_context_version", "version"),
    Index("legal_context_organisation", "organisation", "grant_time", "id"),
    Index("legal_context_time", "grant_time", "id"),
    comment="The legal contexts in which organisations may call",
)

credential_block = Table(
    "credential_block",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    # The number of a BlockedBy.
    Column("feature", SmallInteger, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("credential_block_version", "version"),
    Index("credential_block_time", "grant_time", "id"),
    comment="The credentials that are blocked",
)

authorisation = Table(
    "authorisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("service", Text, nullable=False),
    Column("register", BigInteger, nullable=False),
    Column("partner", BigInteger),
    # NULL = all.
    Column("dossier_types", ARRAY(Text)),
    Column("deliberation", Text, nullable=False),
    Column("legal_context", Text),
    # NULL = all.
    Column("fields", ARRAY(Text)),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("confirmed_by", BigInteger),
    _instant("confirm_time", nullable=True),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("authorisation_version", "version"),
    Index("authorisation_register", "register", "grant_time", "id"),
    Index("authorisation_time", "grant_time", "id"),
    comment="The deliberations that let registers receive data of network services",
)

admission = Table(
    "admission",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("organisation", BigInteger, nullable=False),
    Column("security_adviser", Text, nullable=False),
    Column("data_protection_officer", Text, nullable=False),
    Column("norms_version", Text, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("granted_by", BigInteger, nullable=False),
    _instant("grant_time"),
    Column("revoked_by", BigInteger),
    _instant("revoke_time", nullable=True),
    Index("admission_version", "version"),
    Index("admission_organisation", "organisation", "grant_time", "id"),
    Index("admission_time", "grant_time", "id"),
    comment="The admissions of organisations to production",
)

# Billable usage. Months are counted since the year 0; organisations are enterprise numbers, 0 = none.

usage_count = Table(
    "usage_count",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("caller", BigInteger, primary_key=True, autoincrement=False),
    Column("on_behalf_of", BigInteger, primary_key=True, autoincrement=False),
    Column("register", BigInteger, primary_key=True, autoincrement=False),
    Column("partner", BigInteger, primary_key=True, autoincrement=False),
    Column("rpc", Text(collation="C"), primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("deliveries", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    comment="The calls of each month, counted for charging",
    # Every process updates its rows every few seconds: leave room on their pages.
    postgresql_with={"fillfactor": "70"},
)

usage_dossiers = Table(
    "usage_dossiers",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    Column("register", BigInteger, primary_key=True, autoincrement=False),
    Column("partner", BigInteger, primary_key=True, autoincrement=False),
    Column("dossiers", BigInteger, nullable=False),
    comment="The dossiers with lines of each register and partner at the end of each month",
)

usage_month = Table(
    "usage_month",
    metadata,
    Column("month", Integer, primary_key=True, autoincrement=False),
    # When the dossiers were counted, and from when on nothing about the month changes.
    _instant("count_time", nullable=True),
    _instant("close_time", nullable=True),
    comment="The months of usage_count",
)

usage_batch = Table(
    "usage_batch",
    metadata,
    Column("process", Uuid, primary_key=True),
    # The last batch of counts that was added: a repeated one is not.
    Column("number", BigInteger, nullable=False),
    _instant("time"),
    comment="The last batch of usage that each process added; kept for a day",
    postgresql_with={"fillfactor": "50"},
)

schema_change = Table(
    "schema_change",
    metadata,
    # As the migration declares itself; see version.py.
    Column("revision", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("expansion", Boolean, nullable=False),
    _instant("time", default=True),
    comment="The migrations this database has, so that a server of the release before can judge them",
)
