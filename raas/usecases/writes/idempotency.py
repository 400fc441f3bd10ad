"""The idempotency records of a write transaction: answered request ids, and the offsets of imports.

They are loaded and written together with the register, so that a repeated request gets its first answer
and no row of an import is applied twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from raas.domain.errors import Violation
from raas.usecases.ports.write_store import AnsweredRequest, ImportKey, LoadedState, RequestKey

SkippedRow = tuple[ImportKey, int, Sequence[Violation]]
"""A row of an import that was skipped: the import, the offset, the violations."""


class NewIdempotencyRecords(NamedTuple):
    """The records added since they were last taken."""

    requests: Mapping[RequestKey, AnsweredRequest]
    imports: Mapping[ImportKey, int]
    rejections: Sequence[SkippedRow]


class IdempotencyRecords:
    """The records that the store loaded, and those added since."""

    def __init__(self, loaded: LoadedState) -> None:
        self._requests = dict(loaded.requests)
        self._imports = dict(loaded.imports)
        self._new_requests: dict[RequestKey, AnsweredRequest] = {}
        self._new_imports: dict[ImportKey, int] = {}
        self._rejections: list[SkippedRow] = []

    def answered(self, key: RequestKey) -> AnsweredRequest | None:
        """The answered request with this id, of an earlier transaction or of this one, if any."""
        return self._requests.get(key)

    def remember(self, key: RequestKey, answered: AnsweredRequest) -> None:
        """Store an answered request."""
        self._requests[key] = self._new_requests[key] = answered

    def import_offset(self, key: ImportKey) -> int:
        """The offset from which an import continues."""
        return self._imports.get(key, 0)

    def advance_import(
        self, key: ImportKey, through: int, rejected: Sequence[tuple[int, tuple[Violation, ...]]]
    ) -> None:
        """Store the offset that an import has reached, and the rows that were skipped."""
        self._imports[key] = self._new_imports[key] = through
        self._rejections.extend((key, offset, violations) for offset, violations in rejected)

    def take(self) -> NewIdempotencyRecords:
        """The records added since they were last taken; `answered` and `import_offset` still find them."""
        taken = NewIdempotencyRecords(self._new_requests, self._new_imports, self._rejections)
        self._new_requests, self._new_imports, self._rejections = {}, {}, []
        return taken
