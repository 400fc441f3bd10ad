"""Checkpoints in your own transactions: SQLAlchemy's Session and AsyncSession, and asyncpg alone.

Each function saves a checkpoint in the transaction in which you write your own rows: both are committed, or
neither. README.md shows how they are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raas_client import Checkpoint, CheckpointTable

if TYPE_CHECKING:
    import asyncpg
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session


# ---- SQLAlchemy: Session --------------------------------------------------------------------------


def cursor_of(session: Session) -> Any:
    """A cursor of the driver, inside the transaction of the session."""
    return session.connection().connection.cursor()


def places_of(session: Session, reader: str) -> CheckpointTable:
    """The table, in the style of the driver that the session uses."""
    return CheckpointTable(reader, session.get_bind().dialect.paramstyle)


def load(session: Session, reader: str) -> Checkpoint | None:
    return places_of(session, reader).load(cursor_of(session))


def save(session: Session, reader: str, checkpoint: Checkpoint) -> None:
    places_of(session, reader).save(cursor_of(session), checkpoint)


# ---- SQLAlchemy: AsyncSession ---------------------------------------------------------------------


async def load_async(session: AsyncSession, reader: str) -> Checkpoint | None:
    return await session.run_sync(load, reader)


async def save_async(session: AsyncSession, reader: str, checkpoint: Checkpoint) -> None:
    await session.run_sync(save, reader, checkpoint)


# ---- asyncpg --------------------------------------------------------------------------------------

LOAD = "SELECT log_id, revision, resume_token, filter_hash FROM raas_checkpoint WHERE reader = $1"
SAVE = """
INSERT INTO raas_checkpoint (reader, log_id, revision, resume_token, filter_hash) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (reader) DO UPDATE SET log_id = $2, revision = $3, resume_token = $4, filter_hash = $5"""


async def load_asyncpg(connection: asyncpg.Connection[Any], reader: str) -> Checkpoint | None:
    row = await connection.fetchrow(LOAD, reader)
    return None if row is None else Checkpoint(*row)


async def save_asyncpg(connection: asyncpg.Connection[Any], reader: str, checkpoint: Checkpoint) -> None:
    place = checkpoint.log_id, checkpoint.revision, checkpoint.resume_token, checkpoint.filter_hash
    await connection.execute(SAVE, reader, *place)
