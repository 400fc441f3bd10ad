"""Stored requests are deleted after seven days, and not before."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.maintenance.expiry import PostgresExpiry

REGISTER_ID = -77
"""No register has this id: the rows belong to this test."""


async def test_only_requests_older_than_seven_days_are_deleted(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    insert = text(
        "INSERT INTO request (register_id, caller, request_id, body_hash, answer, time) "
        "SELECT :r, '1', 'request ' || n, '', '', clock_timestamp() - make_interval(days => n, hours => 1) "
        "FROM generate_series(0, 9) AS n"
    )
    insert_creations = text(
        "INSERT INTO person_request (caller, request_id, body_hash, niss, time) "
        "SELECT :c, 'request ' || n, '', 0, clock_timestamp() - make_interval(days => n, hours => 1) "
        "FROM generate_series(0, 9) AS n"
    )
    async with engine.begin() as connection:
        await connection.execute(insert, {"r": REGISTER_ID})
        await connection.execute(insert_creations, {"c": str(REGISTER_ID)})

    await PostgresExpiry(reading_engine).delete_expired_requests()

    left = text("SELECT request_id FROM request WHERE register_id = :r ORDER BY request_id")
    async with engine.begin() as connection:
        found = (await connection.execute(left, {"r": REGISTER_ID})).scalars().all()
        await connection.execute(text("DELETE FROM request WHERE register_id = :r"), {"r": REGISTER_ID})
    assert found == [f"request {n}" for n in range(7)]
    left = text("DELETE FROM person_request WHERE caller = :c RETURNING request_id")
    async with engine.begin() as connection:
        found = (await connection.execute(left, {"c": str(REGISTER_ID)})).scalars().all()
    assert sorted(found) == [f"request {n}" for n in range(7)]
