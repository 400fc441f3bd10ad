"""The statuses of numbers at an earlier revision, as far as the log of a register contains them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Refused
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonStatus
from raas.domain.registers.mutation import MutationKind
from raas.domain.registers.revision_bounds import revision_violation
from raas.domain.rights.view import VisibleTypes
from raas.storage.connection.query import Row, fetch_each
from raas.storage.reads.as_of import joined_state, periods_at, revision_at
from raas.storage.rows.arrays import array
from raas.storage.rows.type_condition import of_any_type, of_types, within_parameters
from raas.usecases.ports.niss_history import ReadAs

_REPLACED = MutationKind.NISS_REPLACED.value
_RESTORED, _CANCELLED = MutationKind.NISS_RESTORED.value, MutationKind.NISS_CANCELLED.value

_AT = "%(at)s::bigint"

# No write reaches a replaced number before it is restored, so its last mutation is the replacement.
_LOGGED = f"""
SELECT key.niss, h.revision, h.oldest_revision,
       CASE WHEN m.kind = {_REPLACED} AND (m.detail ->> 'replaced_niss')::bigint = key.niss
            THEN (m.detail ->> 'successor_niss')::bigint END,
       coalesce(was.held, false), coalesce(news.kind, 0)
FROM register_head h CROSS JOIN unnest(%(nisses)s::bigint[]) AS key (niss)
CROSS JOIN LATERAL (
  SELECT max(d.revision) AS revision, bool_or(NOT isempty(d.periods)) AS held
  FROM (
    SELECT {revision_at(_AT)} AS revision, {periods_at(_AT, hiding=False)} AS periods
    FROM dossier d {joined_state("%(register)s", _AT, hiding=False)}
    WHERE d.register_id = %(register)s AND d.niss = key.niss {{of_types}} OFFSET 0) d) was
LEFT JOIN LATERAL (
  SELECT kind, detail FROM mutation
  WHERE register_id = %(register)s AND revision = was.revision OFFSET 0) m ON true
LEFT JOIN LATERAL (
  SELECT kind FROM mutation
  WHERE register_id = %(register)s AND niss = key.niss AND dossier_type_id IS NULL
    AND revision <= {_AT} AND kind IN ({_RESTORED}, {_CANCELLED}) {{of_any_type}}
  ORDER BY revision DESC LIMIT 1) news ON true
WHERE h.register_id = %(register)s"""

_Key = tuple[int, Niss]
"""The id of a register, and a number."""


class _Told(NamedTuple):
    """The direct successor, whether the register had lines of the number, and whether it was cancelled."""

    successor: Niss | None
    held: bool
    cancelled: bool


async def read_logged_numbers(
    engine: AsyncEngine, keys: Sequence[_Key], at_revisions: Mapping[int, int], within: VisibleTypes
) -> Mapping[_Key, ReadAs]:
    """The statuses with which these (register id, niss) were read; unknown ones are absent.

    The log tells it if the last mutation of the number's dossiers says that it was replaced, if the register
    had lines of it, or if the last news says that it was cancelled. Raises Refused REVISION_IN_FUTURE,
    REVISION_EXPIRED.
    """
    statement, only = logged_statement(within), within_parameters(within)
    told: dict[_Key, _Told] = {}
    asked = list(dict.fromkeys(keys))
    while asked:
        of_registers: defaultdict[int, list[Niss]] = defaultdict(list)
        for register_id, niss in asked:
            of_registers[register_id].append(niss)
        registers = sorted(of_registers)
        each = [
            {"register": id_, "nisses": array(of_registers[id_]), "at": at_revisions[id_], **only}
            for id_ in registers
        ]
        rows_of_registers = await fetch_each(engine, statement, each)
        found = dict(
            _told(register_id, row, at_revisions[register_id])
            for register_id, rows in zip(registers, rows_of_registers, strict=True)
            for row in rows
        )
        told |= found
        successors = [(id_, each.successor) for (id_, _), each in found.items() if each.successor is not None]
        asked = [key for key in dict.fromkeys(successors) if key not in told]
    return {key: read_as for key in keys if (read_as := _read_as(key, told)) is not None}


def logged_statement(within: VisibleTypes) -> str:
    """The statement for the part of the log that concerns these types; None = all."""
    return _LOGGED.format(
        of_types=of_types("d.dossier_type_id", within), of_any_type=of_any_type("dossier_type_ids", within)
    )


def _told(register_id: int, row: Row, at_revision: int) -> tuple[_Key, _Told]:
    niss, revision, oldest_revision, successor, held, news = row
    violation = revision_violation(at_revision, revision, oldest_revision)
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
