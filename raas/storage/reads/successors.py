"""What numbers meant at an earlier revision, as the log of a register tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.niss import Niss
from raas.domain.registers.mutation import MutationKind
from raas.storage.connection.query import fetch
from raas.storage.reads.as_of import joined_state, revision_at
from raas.storage.rows.arrays import array

_NISS_REPLACED = MutationKind.NISS_REPLACED.value

# A replaced number is written to by nobody until it is restored: its last mutation says that it was replaced.
_REPLACED = f"""
SELECT key.register_id, key.niss, (last.detail ->> 'successor_niss')::bigint
FROM unnest(%(registers)s::bigint[], %(nisses)s::bigint[], %(revisions)s::bigint[])
  AS key (register_id, niss, at)
CROSS JOIN LATERAL (
  SELECT m.kind, m.detail FROM dossier d {joined_state("key.register_id", "key.at")}
  CROSS JOIN LATERAL (
    SELECT revision, kind, detail FROM mutation
    WHERE register_id = key.register_id AND revision = {revision_at("key.at")} OFFSET 0) m
  WHERE d.register_id = key.register_id AND d.niss = key.niss
  ORDER BY m.revision DESC LIMIT 1) last
WHERE last.kind = {_NISS_REPLACED} AND (last.detail ->> 'replaced_niss')::bigint = key.niss"""


async def read_successors(
    engine: AsyncEngine, keys: Sequence[tuple[int, Niss]], at_revisions: Mapping[int, int]
) -> Mapping[tuple[int, Niss], Niss]:
    """Those of these (register id, niss) that had been replaced, with their final successors then."""
    direct: dict[tuple[int, Niss], Niss] = {}
    asked = list(dict.fromkeys(keys))
    while asked:
        parameters = {
            "registers": array(register_id for register_id, _ in asked),
            "nisses": array(niss for _, niss in asked),
            "revisions": array(at_revisions[register_id] for register_id, _ in asked),
        }
        found = {(row[0], Niss(row[1])): Niss(row[2]) for row in await fetch(engine, _REPLACED, parameters)}
        direct |= found
        asked = [(id_, successor) for (id_, _), successor in found.items() if (id_, successor) not in direct]
    return {key: _final(key, direct) for key in keys if key in direct}


def _final(key: tuple[int, Niss], direct: Mapping[tuple[int, Niss], Niss]) -> Niss:
    """The end of the chain; each number has one place in it, so it has one."""
    register_id, niss = key
    while (register_id, niss) in direct:
        niss = direct[register_id, niss]
    return niss
