"""A call: who asks, in which context, and until when the answer is of use."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import Stamp


class Role(Enum):
    """What a caller may be, beside the owner of a register."""

    ADMINISTRATION = "may create and list registers"
    ROUTER = "may ask any register who knows a person"
    PERSON_REGISTRAR = "may search for persons, give them a number and update those its register holds"
    PERSON_CHECKER = "may ask the authentic source what has become of any number"
    AUTHENTIC_SOURCE = "may feed the authentic source and replace, restore and cancel numbers"


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation that calls; `all_mandates` only in development identity."""

    enterprise_number: EnterpriseNumber
    roles: frozenset[Role] = frozenset()
    all_mandates: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `deadline` is on the monotonic clock, infinite when the caller set none."""

    caller: Caller
    call_id: UUID
    rpc: str
    language: str = "en"
    legal_context: str | None = None
    ticket: str | None = None
    deadline: float = field(default=float("inf"))

    def stamp(self, request_id: str | None = None) -> Stamp:
        """What the mutations of this call remember of it."""
        return Stamp(self.caller.enterprise_number, self.call_id, request_id, self.legal_context, self.ticket)

    @property
    def expired(self) -> bool:
        """Whether nobody waits for the answer any more."""
        return time.monotonic() >= self.deadline
