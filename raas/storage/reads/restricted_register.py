"""A register as a caller sees it for whom only some dossier types exist.

Its dossiers are counted once; after that the count is brought up to date with the mutations since. Otherwise
a caller could keep the database busy with one call after the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.registers.register import Register
from raas.storage.connection.query import fetch
from raas.storage.rows.type_condition import of_types, within_parameters

_READ = """
SELECT h.log_id, h.revision, h.oldest_revision, h.record_time, h.types_revision, ({count})
FROM register_head h WHERE h.register_id = %(register)s"""

_COUNT = """
  SELECT count(*) FROM dossier
  WHERE register_id = %(register)s AND NOT isempty(periods) {of_types}"""

_CHANGE = """
  SELECT coalesce(sum((NOT isempty(after))::int - (NOT isempty(before))::int), 0) FROM mutation
  WHERE register_id = %(register)s AND revision > %(known)s AND revision <= h.revision {of_types}"""

_MOST_MUTATIONS = 100_000
"""Mutations by which a count is brought up to date; beyond, dossiers are counted again."""

_MOST_COUNTS = 1_000
"""Counts that are kept; then they are all forgotten."""


@dataclass(frozen=True, slots=True)
class _Count:
    log_id: UUID
    revision: int
    dossiers: int

    def can_be_continued(self, register: Register) -> bool:
        """Whether the log of the register has all mutations since."""
        return (
            register.log_id == self.log_id
            and register.oldest_revision <= self.revision <= register.revision
            and register.revision - self.revision <= _MOST_MUTATIONS
        )


class RestrictedRegisters:
    """Reads registers with the number of the dossiers of some types."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._counts: dict[tuple[int, frozenset[str]], _Count] = {}

    async def of(self, whole: Register, within: frozenset[str]) -> Register:
        """The register `whole`, which was just read, as of now; without a checksum."""
        known = self._counts.get((whole.id, within))
        if known is not None and known.can_be_continued(whole):
            if known.revision == whole.revision:
                return replace(whole, dossier_count=known.dossiers, checksum=b"")
            register, change = await self._read(_CHANGE, whole, within, known.revision)
            # It may have been trimmed in between.
            if known.can_be_continued(register):
                return self._keep(register, within, known.dossiers + change)
        register, count = await self._read(_COUNT, whole, within, 0)
        return self._keep(register, within, count)

    async def _read(
        self, count: str, whole: Register, within: frozenset[str], known: int
    ) -> tuple[Register, int]:
        statement = _READ.format(count=count.format(of_types=of_types("dossier_type_id", within)))
        parameters = {"register": whole.id, "known": known, **within_parameters(within)}
        log_id, revision, oldest, recorded, types, counted = (
            await fetch(self._engine, statement, parameters)
        )[0]
        register = replace(
            whole,
            log_id=log_id,
            revision=revision,
            oldest_revision=oldest,
            record_time=recorded,
            types_revision=types,
        )
        return register, counted

    def _keep(self, register: Register, within: frozenset[str], dossiers: int) -> Register:
        if len(self._counts) >= _MOST_COUNTS:
            self._counts.clear()
        self._counts[register.id, within] = _Count(register.log_id, register.revision, dossiers)
        return replace(register, dossier_count=dossiers, checksum=b"")
