"""Errors of the driver as errors of the ports."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch
from raas.usecases.ports.errors import StoreFault, StoreUnavailable

_RAISE = "DO $$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = '{state}'; END $$"


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


async def test_other_internal_error_is_a_fault(reading_engine: AsyncEngine) -> None:
    with pytest.raises(StoreFault, match="XX000"):
        await fetch(reading_engine, _RAISE.format(state="XX000", message="unexpected"), {})
