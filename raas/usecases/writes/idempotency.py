"""Receipts: what was answered to request ids, and how far imports have come.

A write transaction finds them, adds to them and leaves them with what it writes, so that whoever asks again
is told the same, and no row of an import is applied twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from raas.domain.errors import Violation
from raas.usecases.ports.write_store import AnsweredRequest, ImportKey, LoadedState, RequestKey

SkippedRow = tuple[ImportKey, int, Sequence[Violation]]
"""A row of an import that was skipped: the import, the offset, what is wrong."""


class NewIdempotencyRecords(NamedTuple):
    """What was added since the last time."""

    requests: Mapping[RequestKey, AnsweredRequest]
    imports: Mapping[ImportKey, int]
    rejections: Sequence[SkippedRow]


class IdempotencyRecords:
    """Those that the store loaded, and those added since."""

    def __init__(self, loaded: LoadedState) -> None:
        self._requests = dict(loaded.requests)
        self._imports = dict(loaded.imports)
        self._new_requests: dict[RequestKey, AnsweredRequest] = {}
        self._new_imports: dict[ImportKey, int] = {}
        self._rejections: list[SkippedRow] = []

    def answered(self, key: RequestKey) -> AnsweredRequest | None:
        """What this request id was answered, before or in this very transaction."""
        return self._requests.get(key)

    def remember(self, key: RequestKey, answered: AnsweredRequest) -> None:
        """Keep the answer for whoever repeats the request."""
        self._requests[key] = self._new_requests[key] = answered

    def import_offset(self, key: ImportKey) -> int:
        """The offset an import goes on from."""
        return self._imports.get(key, 0)

    def advance_import(
        self, key: ImportKey, through: int, rejected: Sequence[tuple[int, tuple[Violation, ...]]]
    ) -> None:
        """Keep how far an import came, and the rows that were skipped on the way."""
        self._imports[key] = self._new_imports[key] = through
        self._rejections.extend((key, offset, violations) for offset, violations in rejected)

    def take(self) -> NewIdempotencyRecords:
        """Those added since the last time; they stay known."""
        taken = NewIdempotencyRecords(self._new_requests, self._new_imports, self._rejections)
        self._new_requests, self._new_imports, self._rejections = {}, {}, []
        return taken
