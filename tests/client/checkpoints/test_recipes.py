"""The recipes of the README for checkpoints in transactions of SQLAlchemy and asyncpg."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import psycopg
import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from raas_client import Checkpoint, CheckpointTable
from tests.conftest import new_database
from tests.e2e.servers import ROOT

PLACE = Checkpoint("5f0c3c52-6a0e-4c55-9d0a-0f4be4f5a9a1", 7, None, "0" * 16)
LATER = replace(PLACE, revision=8, resume_token="a token", filter_hash=None)


@pytest.fixture(scope="module")
def recipes() -> Any:
    path = ROOT / "clients/python/examples/checkpoints_in_databases.py"
    spec = importlib.util.spec_from_file_location("recipes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def database(server_dsn: str) -> Iterator[str]:
    """A database with the table."""
    with new_database(server_dsn) as dsn:
        with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
            CheckpointTable("billing", psycopg.paramstyle).create(cursor)
        yield dsn


def seen(checkpoint: Checkpoint | None) -> tuple[object, ...] | None:
    """Every field, also those that take no part in comparisons."""
    if checkpoint is None:
        return None
    return checkpoint.log_id, checkpoint.revision, checkpoint.resume_token, checkpoint.filter_hash


def test_recipe_for_a_session_belongs_to_its_transaction(recipes: Any, database: str) -> None:
    engine = create_engine(make_url(database).set(drivername="postgresql+psycopg"))
    for place in (PLACE, LATER):
        with Session(engine) as session, session.begin():
            recipes.save(session, "billing", place)
    with Session(engine) as session:
        recipes.save(session, "billing", PLACE)
        session.rollback()
        assert seen(recipes.load(session, "billing")) == seen(LATER)
        assert recipes.load(session, "other") is None
    engine.dispose()


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "postgresql+asyncpg"])
async def test_recipe_for_an_async_session_belongs_to_its_transaction(
    recipes: Any, database: str, driver: str
) -> None:
    engine = create_async_engine(make_url(database).set(drivername=driver))
    for place in (PLACE, LATER):
        async with AsyncSession(engine) as session, session.begin():
            await recipes.save_async(session, "billing", place)
    async with AsyncSession(engine) as session:
        await recipes.save_async(session, "billing", PLACE)
        await session.rollback()
        assert seen(await recipes.load_async(session, "billing")) == seen(LATER)
        assert await recipes.load_async(session, "other") is None
    await engine.dispose()


async def test_recipe_for_asyncpg_belongs_to_its_transaction(recipes: Any, database: str) -> None:
    connection = await asyncpg.connect(database)
    for place in (PLACE, LATER):
        async with connection.transaction():
            await recipes.save_asyncpg(connection, "billing", place)
    undone = connection.transaction()
    await undone.start()
    await recipes.save_asyncpg(connection, "billing", PLACE)
    await undone.rollback()
    assert seen(await recipes.load_asyncpg(connection, "billing")) == seen(LATER)
    assert await recipes.load_asyncpg(connection, "other") is None
    await connection.close()
