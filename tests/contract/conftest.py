"""Every test of this folder runs on the stores in memory and on those of PostgreSQL.

The tests of a module share the stores: each takes a register of its own.
"""

from __future__ import annotations

import pytest

from tests.contract.stores import Stores, memory_stores, postgres_stores
from tests.contract.test_audit_store import made, postgres_audit_stores

__all__ = ["made", "postgres_audit_stores"]


@pytest.fixture(scope="module", params=["memory", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return memory_stores()
    engines = (request.getfixturevalue(name) for name in ("engine", "reading_engine"))
    return postgres_stores(*engines, request.getfixturevalue("dsn"))
