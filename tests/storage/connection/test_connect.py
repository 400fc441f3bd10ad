"""A database that cannot be reached: the error names host, port and reason, and never the password."""

from __future__ import annotations

import traceback

import pytest

from raas.storage.connection.database import open_database
from raas.storage.connection.query import fetch
from raas.usecases.ports.errors import StoreUnavailable

HIDDEN = "hidden-word"


@pytest.mark.parametrize(
    ("rest", "where", "reason"),
    [
        ("127.0.0.1:1/x", "127.0.0.1:1", "Connection refused"),
        ("127.0.0.1:1,127.0.0.1:2/x", "127.0.0.1:1, 127.0.0.1:2", "Connection refused"),
        ("nowhere.invalid/x", "nowhere.invalid:5432", "failed to resolve host 'nowhere.invalid'"),
        ("/x?host=/nowhere", "/nowhere:5432", "No such file or directory"),
    ],
)
async def test_error_of_an_unreachable_database_names_the_place_and_the_reason(
    rest: str, where: str, reason: str
) -> None:
    engine = open_database(f"postgresql://somebody:{HIDDEN}@{rest}", autocommit=True)
    try:
        with pytest.raises(StoreUnavailable) as raised:
            await fetch(engine, "SELECT 1", {})
    finally:
        await engine.dispose()
    assert str(raised.value).startswith(f"the database at {where} cannot be reached: ")
    assert reason in str(raised.value)
    assert HIDDEN not in "".join(traceback.format_exception(raised.value))


async def test_error_never_quotes_the_password() -> None:
    engine = open_database(f"postgresql://somebody:{HIDDEN}@{HIDDEN}.invalid/x", autocommit=True)
    with pytest.raises(StoreUnavailable) as raised:
        await fetch(engine, "SELECT 1", {})
    await engine.dispose()
    assert str(raised.value).startswith(
        "the database at ***.invalid:5432 cannot be reached: failed to resolve"
    )
    assert HIDDEN not in str(raised.value)
