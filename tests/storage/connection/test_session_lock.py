"""The lock that one process on the database has at a time."""

from __future__ import annotations

import asyncio
import random

import psycopg
import pytest

from raas.storage.connection.session_lock import SessionLock
from raas.usecases.ports.errors import StoreUnavailable
from tests.eventually import eventually


async def test_one_process_at_a_time_has_the_lock(dsn: str) -> None:
    key = random.getrandbits(60)
    first, second = (SessionLock(dsn, key, 60) for _ in range(2))
    try:
        assert await first.take()
        assert await first.take()
        assert not await second.take()
        first.release()
        # PostgreSQL notices the end of a connection a moment later.
        async with asyncio.timeout(30):
            while not await second.take():
                await asyncio.sleep(0.01)
        assert not await first.take()
    finally:
        first.release()
        second.release()


async def test_process_that_stands_still_loses_the_lock(dsn: str) -> None:
    key = random.getrandbits(60)
    frozen, other = SessionLock(dsn, key, 2), SessionLock(dsn, key, 60)
    try:
        assert await frozen.take()
        async with asyncio.timeout(30):
            while not await other.take():
                await asyncio.sleep(0.01)
        with pytest.raises(StoreUnavailable):
            await frozen.take()
        assert not await frozen.take()
    finally:
        frozen.release()
        other.release()


async def test_lock_that_was_lost_with_its_connection_is_reported_once(dsn: str) -> None:
    key = random.getrandbits(31)
    lock = SessionLock(dsn, key, 60)
    holders = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid::bigint = %s"
    try:
        assert await lock.take()
        with psycopg.connect(dsn, autocommit=True) as connection:
            (pid,) = connection.execute(holders, (key,)).fetchone() or (None,)
            connection.execute("SELECT pg_terminate_backend(%s::int)", (pid,))
            eventually(lambda: connection.execute(holders, (key,)).fetchone() is None, 30)
        with pytest.raises(StoreUnavailable):
            await lock.take()
        assert await lock.take()
    finally:
        lock.release()
