"""The tables of billable usage.

Months are counted since the year 0; organisations are enterprise numbers, 0 = none.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, Table, Text, Uuid

from raas.storage.schema.metadata import instant, metadata

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
    instant("count_time", nullable=True),
    instant("close_time", nullable=True),
    comment="The months of usage_count",
)

usage_batch = Table(
    "usage_batch",
    metadata,
    Column("process", Uuid, primary_key=True),
    # The last batch of counts that was added: a repeated one is not.
    Column("number", BigInteger, nullable=False),
    instant("time"),
    comment="The last batch of usage that each process added; kept for a day",
    postgresql_with={"fillfactor": "50"},
)
