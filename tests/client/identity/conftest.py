"""A server that identifies its callers, shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import CITUS_DSN, GIVEN_DSN
from tests.e2e.identified import IdentifiedServer, identified_server


@pytest.fixture(scope="package")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IdentifiedServer]:
    if GIVEN_DSN is not None and CITUS_DSN is None:
        pytest.skip("it is about callers, not about the database")
    with identified_server(tmp_path_factory.mktemp("identified")) as running:
        yield running
