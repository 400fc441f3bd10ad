"""The ends of all chains, as far as anything in the database tells of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.audit.chain import ChainState, register_chain
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.connection.query import fetch
from raas.usecases.ports.audit.proof import ChainEnd

_HEADS = "SELECT register_id, audit_length, audit_hash FROM register_head WHERE audit_length > 0"
_REGISTERS = "SELECT id, enterprise_number FROM register"
_LAST_WRITES = (
    "SELECT register_id, max(chain_index) FROM audit_write WHERE log = %(log)s GROUP BY register_id"
)

# Also chains of which nothing but the seal is left, or that no process has begun.
_PROCESSES = """
SELECT 'process/' || coalesce(p.chain, c.chain), coalesce(c.last, 0), s.chain IS NOT NULL
FROM (SELECT chain FROM audit_process WHERE log = %(log)s) p
FULL JOIN (SELECT chain, max(chain_index) AS last FROM audit_call WHERE log = %(log)s GROUP BY chain) c
  ON c.chain = p.chain
LEFT JOIN (SELECT chain FROM audit_seal WHERE log = %(log)s) s ON s.chain = coalesce(p.chain, c.chain)"""

_COVERED = """
SELECT DISTINCT ON (chain) chain, last, sealed FROM audit_range
WHERE log = %(log)s ORDER BY chain, first DESC"""


async def chain_ends(engine: AsyncEngine, log: int) -> Sequence[ChainEnd]:
    """The end of every chain of a log; `engine` is one in autocommit. Raises StoreUnavailable, StoreFault.

    Heads of registers are read first: records that are read after them reach at least as far.
    """
    heads = await fetch(engine, _HEADS, {})
    numbers: dict[int, EnterpriseNumber] = dict(await fetch(engine, _REGISTERS, {}))
    writes: dict[int, int] = dict(await fetch(engine, _LAST_WRITES, {"log": log}))
    following = {register: length for register, length, _ in await fetch(engine, _HEADS, {})}
    processes = await fetch(engine, _PROCESSES, {"log": log})
    covered = {chain: (last, sealed) for chain, last, sealed in await fetch(engine, _COVERED, {"log": log})}
    ends = []
    for chain, last, has_seal in processes:
        length, sealed = covered.get(chain, (0, False))
        ends.append(ChainEnd(chain, length, sealed, last, has_seal))
    states = {register: (length, hash_) for register, length, hash_ in heads}
    for register in sorted({*states, *writes} & numbers.keys()):
        chain = register_chain(numbers[register])
        length, _ = covered.get(chain, (0, False))
        head = ChainState(chain, *states[register]) if register in states else None
        last, follows = writes.get(register, 0), following.get(register, 0)
        ends.append(ChainEnd(chain, length, False, last, False, head, follows))
    return ends
