"""Array literals mean to PostgreSQL what they were made of."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import blobs, texts, texts_or_null

COLUMNS: list[list[str]] = [
    ["", "NULL", 'a "b"', "back\\slash", "{1,2}", "é, ü", " space ", '\\"', '"', "%s", ""],
    ['a "b\\"'] * 3,
    ["one", "other"],
    ["", ""],
    ["NULL"],
    [],
]


async def test_any_text_comes_back_from_an_array(reading_engine: AsyncEngine) -> None:
    for column in COLUMNS:
        rows = await fetch(
            reading_engine,
            "SELECT * FROM unnest(%(texts)s::text[], %(or_null)s::text[])",
            {"texts": texts(column), "or_null": texts_or_null(column)},
        )
        assert rows == [(text, text or None) for text in column]


async def test_any_bytes_come_back_from_an_array(reading_engine: AsyncEngine) -> None:
    for column in ([b"", bytes(range(256)), b"\\x00"], []):
        ((read,),) = await fetch(reading_engine, "SELECT %(blobs)s::bytea[]", {"blobs": blobs(column)})
        assert read == column
