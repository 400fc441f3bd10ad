"""The tables of rights.

Every row holds the version of the rights at which it last changed; organisations and registers stand in them
by their enterprise numbers.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, SmallInteger, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from raas.storage.schema.metadata import instant, metadata

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
    instant("expire_time", nullable=True),
    Column("reason", Text),
    Column("ticket", Text),
    Column("granted_by", BigInteger, nullable=False),
    instant("grant_time"),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
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
    instant("grant_time"),
    Column("confirmed_by", BigInteger),
    instant("confirm_time", nullable=True),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
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
    instant("grant_time"),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
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
    instant("grant_time"),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
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
    instant("grant_time"),
    Column("confirmed_by", BigInteger),
    instant("confirm_time", nullable=True),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
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
    instant("grant_time"),
    Column("revoked_by", BigInteger),
    instant("revoke_time", nullable=True),
    Index("admission_version", "version"),
    Index("admission_organisation", "organisation", "grant_time", "id"),
    Index("admission_time", "grant_time", "id"),
    comment="The admissions of organisations to production",
)
