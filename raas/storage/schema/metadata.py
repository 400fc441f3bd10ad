"""The collection of all tables, and a column that several of them have."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, MetaData, func

metadata = MetaData()


def instant(name: str, *, nullable: bool = False, default: bool = False) -> Column[object]:
    """A column that holds an instant, optionally the statement's clock by default."""
    return Column(
        name,
        DateTime(timezone=True),
        nullable=nullable,
        server_default=func.clock_timestamp() if default else None,
    )
