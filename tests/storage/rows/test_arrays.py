"""Array literals mean to PostgreSQL what they were made of."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.storage.connection.query import fetch
from raas.storage.rows.arrays import bytes_or_null, texts_or_null


async def test_any_text_and_any_bytes_come_back_from_an_array(reading_engine: AsyncEngine) -> None:
    texts = ["", "NULL", 'a "b"', "back\\slash", "{1,2}", "é, ü", " space ", None, '\\"', "%s"]
    blobs = [b"", bytes(range(256)), None, b"\\x00"]
    ((read_texts, read_blobs),) = await fetch(
        reading_engine,
        "SELECT %(texts)s::text[], %(blobs)s::bytea[]",
        {"texts": texts_or_null(texts), "blobs": bytes_or_null(blobs)},
    )
    assert read_texts == texts
    assert read_blobs == blobs


async def test_column_of_one_value_comes_back_from_an_array(reading_engine: AsyncEngine) -> None:
    columns: list[list[str | None]] = [['a "b\\"'] * 3, [None, None], ["NULL"], []]
    for column in columns:
        ((read,),) = await fetch(reading_engine, "SELECT %(texts)s::text[]", {"texts": texts_or_null(column)})
        assert read == column
