"""Loading under the lock takes one round trip, whichever authentic source is configured."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.transactions import Transactions
from raas.storage.writes.load import load
from raas.usecases.ports.write_store import LoadRequest
from tests.usecases.persons.harness import PersonHarness


async def round_trips(engine: AsyncEngine, register_id: int, wanted: LoadRequest, trace: Path) -> int:
    """The number of round trips of loading under the lock, counted as Sync messages of the protocol."""
    async with Transactions(engine).begin() as transaction:
        connection = transaction.connection
        await connection.execute("SELECT 1")  # the transaction has begun
        with trace.open("wb") as file:
            connection.pgconn.trace(file.fileno())
            try:
                await load(connection, register_id, wanted, lock=True)
            finally:
                connection.pgconn.untrace()
    return sum("Sync" in line for line in trace.read_text().splitlines())


async def test_loading_persons_takes_no_further_round_trip(
    engine: AsyncEngine, reading_engine: AsyncEngine, tmp_path: Path
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    (type_id,) = (await harness.write_store.dossier_types(register.id)).by_id
    caller = "0999999922"
    found = [
        await round_trips(
            engine,
            register.id,
            LoadRequest([(niss, type_id)], persons, [(caller, "x")], [(caller, "y")]),
            tmp_path / "trace",
        )
        for persons in (False, True)
    ]
    assert found == [1, 1]
