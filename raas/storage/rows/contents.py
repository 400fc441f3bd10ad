"""Contents: facts about people beside the log."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from raas.domain.numbers.niss import Niss
from raas.domain.registers.content import SALT_BYTES, Content, content_hash
from raas.domain.registers.mutation import MutationKind
from raas.storage.connection.lease import Connection

_WRITE = "INSERT INTO content (niss, kind, body, salt, hash) VALUES (%s, %s, %s, %s, %s) RETURNING id"


def content_column(column: str) -> str:
    """A column of the content of a mutation `m`; most mutations have none, and then there is no lookup."""
    return (
        "CASE WHEN m.content_id IS NOT NULL THEN"
        f" (SELECT c.{column} FROM content c WHERE c.id = m.content_id) END"
    )


CONTENT_COLUMNS = ",\n".join(
    f"  {content_column(column)} AS content_{column}" for column in ("body", "erased_time")
)
"""The columns that `content_of` reads, for a mutation `m`."""


async def write_content(
    connection: Connection,
    niss: Niss,
    kind: MutationKind,
    body: Mapping[str, Any],
) -> tuple[int, str]:
    """Store a content in the current transaction; returns its id and its hash in hexadecimal."""
    salt = secrets.token_bytes(SALT_BYTES)
    digest = content_hash(salt, body)
    cursor = await connection.execute(_WRITE, (niss, kind.value, Jsonb(dict(body)), salt, digest))
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0]), digest.hex()


def content_of(body: Any, erased_time: datetime | None) -> Content | None:
    """The content in the columns of CONTENT_COLUMNS; None = there never was one."""
    return None if body is None and erased_time is None else Content(body, erased_time)
