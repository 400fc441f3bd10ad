"""The tables of the limits and budgets of callers."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Date, LargeBinary, SmallInteger, Table, Text, Uuid

from raas.storage.schema.metadata import instant, metadata

caller_usage = Table(
    "caller_usage",
    metadata,
    # One row for each serving process, chosen by it at random.
    Column("process", Uuid, primary_key=True),
    instant("time"),
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
