"""The names of chains, and what stands behind them."""

from __future__ import annotations

from uuid import UUID

from raas.domain.audit.chain import ChainState, new_chain, register_chain
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.storage.audit.log import AuditLog

_PROCESS, _REGISTER = "process/", "register/"


def process_of(chain: str) -> UUID | None:
    """The process of a chain; None = it is the chain of a register."""
    return UUID(chain.removeprefix(_PROCESS)) if chain.startswith(_PROCESS) else None


def register_of(chain: str) -> EnterpriseNumber:
    """The enterprise number of the register of a chain."""
    return EnterpriseNumber(int(chain.removeprefix(_REGISTER)))


def chain_of_register(
    log: AuditLog | None, register: EnterpriseNumber, length: int, head: bytes | None
) -> ChainState | None:
    """The chain of a register by the columns of its head; None where no log is kept."""
    if log is None:
        return None
    chain = register_chain(register)
    return new_chain(log.origin, chain) if head is None else ChainState(chain, length, head)
