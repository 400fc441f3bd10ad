from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.rpc.harness import Harness, open_house


@pytest.fixture
async def harness() -> AsyncIterator[Harness]:
    async with open_house() as opened:
        yield opened
