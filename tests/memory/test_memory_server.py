"""The memory server: the day of its authentic source."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from raas.memory_server import MemoryServer
from raas.v1.identity_pb2 import Identity

NISS = "85673003360"


async def test_birth_date_is_at_most_the_day_in_belgium(monkeypatch: pytest.MonkeyPatch) -> None:
    half_past_midnight = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
    monkeypatch.setattr("raas.memory_server._now", lambda: half_past_midnight)
    server = MemoryServer()
    async with server.serving("127.0.0.1:0"):
        await server.identify(NISS, Identity(last_name="Peeters", birth_date="2026-06-02"), None)
        with pytest.raises(ValueError, match="birth_date"):
            await server.identify(NISS, Identity(last_name="Peeters", birth_date="2026-06-03"), None)
