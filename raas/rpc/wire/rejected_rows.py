"""The rejected rows of an import as messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from raas.concurrency.slices import yielding_slices
from raas.domain.errors import Violation
from raas.rpc.wire.fields import ROW_VIOLATIONS
from raas.rpc.wire.violations import violation_messages
from raas.v1 import person_service_pb2, register_service_pb2

FULL_ROWS = 2_000
"""Rows of which all violations are told; of the others only the first, to keep the answer below 4 MiB."""

_SLICE = 100
_Row = TypeVar("_Row", register_service_pb2.RejectedOperation, person_service_pb2.RejectedPerson)


async def rejected_rows(
    kind: type[_Row], rejected: Sequence[tuple[int, Sequence[Violation]]], language: str
) -> list[_Row]:
    """The rows in their order; other tasks run while many are written."""
    rows: list[_Row] = []
    async for some in yielding_slices(rejected, _SLICE):
        for offset, violations in some:
            most = ROW_VIOLATIONS if len(rows) < FULL_ROWS else 1
            rows.append(kind(offset=offset, violations=violation_messages(violations[:most], language)))
    return rows
