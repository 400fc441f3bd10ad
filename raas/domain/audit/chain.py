"""Chains of audit records: each record is chained to the one before it in its chain.

The records of writes on a register are one chain. The records of reads, refusals and commands are one chain
for each process; the last record of such a chain is its seal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from raas.domain.audit.merkle import GrowingTree, leaf_hash
from raas.domain.audit.record import TEXTS, RecordKind
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text

MAX_ENTRY_BYTES = 262_144
"""The largest record: 20,000 numbers and their surroundings."""
_SEED = "raas-audit-chain/1"


class ChainState(NamedTuple):
    """A chain after its last record: `length` records, `head` is the hash of the last one."""

    chain: str
    length: int
    head: bytes

    def follow(self, texts: Sequence[str]) -> ChainState:
        """The state after one more record with these canonical texts. Raises ValueError like `entry_hash`."""
        index = self.length + 1
        return ChainState(self.chain, index, entry_hash(self.head, self.chain, index, texts))


def register_chain(register: EnterpriseNumber) -> str:
    """The name of the chain of the writes on a register."""
    return f"register/{enterprise_number_text(register)}"


def process_chain(process: UUID) -> str:
    """The name of the chain of a process: a server worker, or one run of a command."""
    return f"process/{process}"


def new_chain(origin: str, chain: str) -> ChainState:
    """A chain without records in the log of this origin."""
    return ChainState(chain, 0, sha256(f"{_SEED}\n{origin}\n{chain}".encode()).digest())


def entry_hash(previous: bytes, chain: str, index: int, texts: Sequence[str]) -> bytes:
    """The hash of record number `index` (from 1) of a chain whose previous hash is `previous`.

    Raises ValueError for texts that do not belong to one record: another number of them, a line feed in one,
    more than MAX_ENTRY_BYTES.
    """
    entry = "\n".join((chain, str(index), *texts))
    if len(texts) != TEXTS or entry.count("\n") != TEXTS + 1:
        raise ValueError("a record has 22 texts without line feeds")
    canonical = entry.encode()
    if len(canonical) > MAX_ENTRY_BYTES:
        raise ValueError("the record is too large")
    return sha256(previous + canonical).digest()


def is_seal(texts: Sequence[str]) -> bool:
    """Whether these are the canonical texts of a seal, after which a chain has no record."""
    return texts[1] == RecordKind.SEAL.value


def chains_root(states: Iterable[ChainState]) -> bytes:
    """The Merkle root over the states of chains, in the order of their names."""
    tree = GrowingTree()
    for state in sorted(states, key=lambda state: state.chain.encode()):
        tree.append(leaf_hash(chain_state_bytes(state)))
    return tree.root()


def chain_state_bytes(state: ChainState) -> bytes:
    """The bytes that stand for a chain in the tree over chains."""
    return f"{state.chain}\n{state.length}\n{state.head.hex()}".encode()
