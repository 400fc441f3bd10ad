"""The statuses of numbers at an earlier revision, as far as the log of a register contains them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.revision_bounds import revision_violation
from raas.storage.connection.query import Row, fetch
from raas.storage.reads.as_of import joined_state, periods_at, revision_at
from raas.storage.rows.arrays import array
from raas.usecases.ports.niss_history import ReadAs

_REPLACED = MutationKind.NISS_REPLACED.value
_RESTORED, _CANCELLED = MutationKind.NISS_RESTORED.value, MutationKind.NISS_CANCELLED.value

# No write reaches a replaced number before it is restored, so its last mutation is the replacement.
_LOGGED = f"""
SELECT key.register_id, key.niss, r.revision, r.oldest_revision,
       CASE WHEN m.kind = {_REPLACED} AND (m.detail ->> 'replaced_niss')::bigint = key.niss
            THEN (m.detail ->> 'successor_niss')::bigint END,
       coalesce(was.held, false), coalesce(news.kind, 0)
FROM unnest(%(registers)s::bigint[], %(nisses)s::bigint[], %(revisions)s::bigint[])
  AS key (register_id, niss, at)
CROSS JOIN LATERAL (
  SELECT revision, oldest_revision FROM register_head WHERE register_id = key.register_id OFFSET 0) r
CROSS JOIN LATERAL (
  SELECT max(d.revision) AS revision, bool_or(NOT isempty(d.periods)) AS held
  FROM (
    SELECT {revision_at("key.at")} AS revision, {periods_at("key.at")} AS periods
    FROM dossier d {joined_state("key.register_id", "key.at")}
    WHERE d.register_id = key.register_id AND d.niss = key.niss OFFSET 0) d) was
LEFT JOIN LATERAL (
  SELECT kind, detail FROM mutation
  WHERE register_id = key.register_id AND revision = was.revision OFFSET 0) m ON true
LEFT JOIN LATERAL (
  SELECT kind FROM mutation
  WHERE register_id = key.register_id AND niss = key.niss AND dossier_type_id IS NULL
    AND revision <= key.at AND kind IN ({_RESTORED}, {_CANCELLED})
  ORDER BY revision DESC LIMIT 1) news ON true"""

_Key = tuple[int, Niss]
"""The id of a register, and a number."""


class _Told(NamedTuple):
    """The direct successor, whether the register had lines of the number, and whether it was cancelled."""

    successor: Niss | None
    held: bool
    cancelled: bool


async def read_logged_numbers(
    engine: AsyncEngine, keys: Sequence[_Key], at_revisions: Mapping[int, int]
) -> Mapping[_Key, ReadAs]:
    """The statuses with which these (register id, niss) were read; unknown ones are absent.

    The log tells it if the last mutation of the number's dossiers says that it was replaced, if the register
    had lines of it, or if the last news says that it was cancelled. Raises Refused REVISION_IN_FUTURE,
    REVISION_EXPIRED.
    """
    told: dict[_Key, _Told] = {}
    asked = list(dict.fromkeys(keys))
    while asked:
        parameters = {
            "registers": array(register_id for register_id, _ in asked),
            "nisses": array(niss for _, niss in asked),
            "revisions": array(at_revisions[register_id] for register_id, _ in asked),
        }
        found = dict(_told(row, at_revisions) for row in await fetch(engine, _LOGGED, parameters))
        told |= found
        successors = [(id_, each.successor) for (id_, _), each in found.items() if each.successor is not None]
        asked = [key for key in dict.fromkeys(successors) if key not in told]
    return {key: read_as for key in keys if (read_as := _read_as(key, told)) is not None}


def _told(row: Row, at_revisions: Mapping[int, int]) -> tuple[_Key, _Told]:
    register_id, niss, revision, oldest_revision, successor, held, news = row
    violation = revision_violation(at_revisions[register_id], revision, oldest_revision)
    if violation is not None:
        raise Refused([violation])
    return (register_id, Niss(niss)), _Told(successor, held, news == _CANCELLED)


def _read_as(key: _Key, told: Mapping[_Key, _Told]) -> ReadAs | None:
    """The end of the chain of replacements, which has no cycle."""
    register_id, niss = key
    while (successor := told[register_id, niss].successor) is not None:
        niss = successor
    _, held, cancelled = told[register_id, niss]
    if niss == key[1] and not held and not cancelled:
        return None
    return ReadAs(niss, PersonStatus.CANCELLED if cancelled else PersonStatus.ACTIVE)
