"""The audit record of a call while it is collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.call import Call
from raas.usecases.ports.errors import PortError


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One call, or one message of a stream, as the audit is told of it before the answer leaves."""

    rpc: str
    caller: EnterpriseNumber
    register: EnterpriseNumber | None
    nisses: Iterable[Niss]
    """Numbers touched or shown."""
    revisions: tuple[int, int] | None
    """First and last revision shown, where the log was read."""
    outcome: str
    """OK, or the reason of the refusal."""


class Audit(Protocol):
    """Receives the record of every call before its answer leaves."""

    def record(self, record: AuditRecord, /) -> None:
        """Take note of a call; must not block."""


Note = Callable[[Call, EnterpriseNumber | None, Iterable[Niss], tuple[int, int] | None, str], None]
"""Tells the audit what a call touched or showed."""


@dataclass(slots=True)
class AuditScope:
    """The audit record of a call while it is collected; refusals are recorded too."""

    note: Note
    call: Call
    register: EnterpriseNumber | None = None
    nisses: Iterable[Niss] = ()
    revisions: tuple[int, int] | None = None
    by_register: Mapping[EnterpriseNumber, Iterable[Niss]] = field(default_factory=dict)
    """For a call on several registers: one record per register, so that each owner sees the caller."""

    def close(self, error: BaseException | None) -> None:
        """Record the call; `error` is the exception that ended it, None when it is answered."""
        outcome = _outcome(error)
        for register, nisses in self.by_register.items():
            self.note(self.call, register, nisses, self.revisions, outcome)
        if not self.by_register:
            self.note(self.call, self.register, self.nisses, self.revisions, outcome)


def _outcome(error: BaseException | None) -> str:
    match error:
        case None:
            return "OK"
        case Refused(violations=[first, *_]):
            return first.reason.name
        case PortError():
            return Reason.UNAVAILABLE.name
        case Exception():
            return Reason.INTERNAL.name
        case _:
            return "CANCELLED"
