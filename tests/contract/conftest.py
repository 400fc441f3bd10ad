"""Every test of this folder runs on the stores in memory and on those of PostgreSQL.

The tests of a module share the stores: each takes a register of its own.
"""

from __future__ import annotations

import pytest

from tests.contract.stores import Stores, memory_stores, postgres_stores


@pytest.fixture(scope="module", params=["memory", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return memory_stores()
    return postgres_stores(request.getfixturevalue("engine"), request.getfixturevalue("reading_engine"))
