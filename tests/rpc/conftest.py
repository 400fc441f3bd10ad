from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.rpc.harness import Harness, open_harness


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_harness() as opened:
        yield opened
