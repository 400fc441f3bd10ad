"""The tables of the service itself: shared keys, and the migrations of the database."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, LargeBinary, Table, Text

from raas.storage.schema.metadata import instant, metadata

secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="Keys that every process on this database shares, such as the one that seals page tokens",
)

schema_change = Table(
    "schema_change",
    metadata,
    # As the migration declares itself; see version.py.
    Column("revision", Text, primary_key=True),
    Column("release", Text, nullable=False),
    Column("expansion", Boolean, nullable=False),
    instant("time", default=True),
    comment="The migrations this database has, so that a server of the release before can judge them",
)
