"""A call: its caller, its context and its deadline."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from raas.domain.callers.credential import Credential
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.registers.mutation import Stamp


class CallerKey(NamedTuple):
    """The caller that limits, request ids, page tokens and subscribers belong to: never its credential.

    A renewed credential keeps it.
    """

    enterprise_number: EnterpriseNumber
    application: str = ""
    """Empty in development identity."""

    @property
    def text(self) -> str:
        """The caller in tables that are shared by all processes, such as `0999999922/PAYROLL`."""
        return f"{self.enterprise_number:010}/{self.application}"


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation that calls, and what proved it.

    `all_rights` (every role and every mandate) and a missing credential exist in development identity only.
    """

    enterprise_number: EnterpriseNumber
    all_rights: bool = False
    credential: Credential | None = None

    @property
    def key(self) -> CallerKey:
        """The organisation and the application that call."""
        credential = self.credential
        return CallerKey(self.enterprise_number, "" if credential is None else credential.application)


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `deadline` is on the monotonic clock, infinite if the caller set none."""

    caller: Caller
    call_id: UUID
    rpc: str
    language: str = "en"
    legal_context: str | None = None
    ticket: str | None = None
    deadline: float = field(default=float("inf"))

    def stamp(self, request_id: str | None = None) -> Stamp:
        """The stamp that the mutations of this call carry."""
        return Stamp(self.caller.enterprise_number, self.call_id, request_id, self.legal_context, self.ticket)

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.deadline
