"""Errors of the driver as errors of the ports."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch
from raas.usecases.ports.errors import PortError, StoreFault, StoreUnavailable

_RAISE = "DO $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{state}'; END $$"
_ON_NODE = """
DO $$ BEGIN
  CREATE FUNCTION pg_temp."while executing command on 192.0.2.1:5432"() RETURNS void LANGUAGE plpgsql AS
    $f$ BEGIN RAISE EXCEPTION 'SSL SYSCALL error: EOF detected' USING ERRCODE = '{state}'; END $f$;
  PERFORM pg_temp."while executing command on 192.0.2.1:5432"();
END $$"""


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("XX000", "failure on connection marked as essential: 192.0.2.1:5432"),
        ("58030", "failed to COPY to shard 102040 on 192.0.2.1:5432"),
        ("08006", "connection to the remote node 192.0.2.1:5432 failed"),
    ],
)
async def test_loss_of_a_node_by_the_coordinator_is_unavailable(
    reading_engine: AsyncEngine, state: str, message: str
) -> None:
    with pytest.raises(StoreUnavailable, match=state):
        await fetch(reading_engine, _RAISE.format(state=state, message=message), {})


@pytest.mark.parametrize(("state", "error"), [("XX000", StoreUnavailable), ("23505", StoreFault)])
async def test_end_of_a_connection_between_nodes_is_unavailable(
    reading_engine: AsyncEngine, state: str, error: type[PortError]
) -> None:
    """The function stands for the node: its name is in the context of the error."""
    with pytest.raises(error, match=state):
        await fetch(reading_engine, _ON_NODE.format(state=state), {})


async def test_other_internal_error_is_a_fault(reading_engine: AsyncEngine) -> None:
    with pytest.raises(StoreFault, match="XX000"):
        await fetch(reading_engine, _RAISE.format(state="XX000", message="unexpected"), {})
