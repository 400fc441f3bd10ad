"""A call: its caller, its context and its deadline."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from raas.domain.callers.credential import Credential
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.domain.registers.mutation import Stamp
from raas.usecases.calls.audit.scope import AuditScope


class CallerKey(NamedTuple):
    """The caller that limits, request ids, page tokens and subscribers belong to: never its credential.

    A renewed credential keeps it.
    """

    enterprise_number: EnterpriseNumber
    application: str = ""
    """Empty in development identity."""
    on_behalf_of: EnterpriseNumber | None = None
    """The organisation for which a gateway calls."""

    @property
    def text(self) -> str:
        """The key as it is stored: `0244640631`, `0244640631/urn:app`, `0244640631>0999999922/urn:app`."""
        behalf = "" if self.on_behalf_of is None else f">{enterprise_number_text(self.on_behalf_of)}"
        application = f"/{self.application}" if self.application else ""
        return f"{enterprise_number_text(self.enterprise_number)}{behalf}{application}"

    @property
    def earlier_text(self) -> str | None:
        """The key under which versions before 0.2 stored what belongs to this caller; None = this very key.

        They knew organisations only.
        """
        if self.on_behalf_of is not None or not self.application:
            return None
        return enterprise_number_text(self.enterprise_number)


def caller_key(text: str) -> CallerKey:
    """The key from its stored text."""
    caller, _, application = text.partition("/")
    organisation, _, behalf = caller.partition(">")
    return CallerKey(
        EnterpriseNumber(int(organisation)), application, EnterpriseNumber(int(behalf)) if behalf else None
    )


@dataclass(frozen=True, slots=True)
class Caller:
    """The organisation that calls, and what proved it.

    `all_rights` (every role and every mandate) and a missing credential exist in development identity only.
    `on_behalf_of` is the organisation for which a gateway calls.
    """

    enterprise_number: EnterpriseNumber
    all_rights: bool = False
    credential: Credential | None = None
    on_behalf_of: EnterpriseNumber | None = None

    @property
    def acts_as(self) -> EnterpriseNumber:
        """The organisation whose register and mandates the call uses."""
        return self.enterprise_number if self.on_behalf_of is None else self.on_behalf_of

    @property
    def application(self) -> str | None:
        """The application that the credential names."""
        return None if self.credential is None else self.credential.application or None

    @property
    def key(self) -> CallerKey:
        """The caller that limits, request ids, page tokens and subscribers belong to."""
        return CallerKey(self.enterprise_number, self.application or "", self.on_behalf_of)


@dataclass(frozen=True, slots=True)
class Call:
    """One call; `deadline` is on the monotonic clock, infinite if the caller set none.

    `end_user` is the caller's own reference of the person behind the call, which is only recorded.
    """

    caller: Caller
    call_id: UUID
    rpc: str
    language: str = "en"
    legal_context: str | None = None
    ticket: str | None = None
    deadline: float = field(default=float("inf"))
    end_user: str | None = None
    peer: str | None = None
    """The address of the caller."""
    audit: AuditScope | None = field(default=None, compare=False, repr=False)
    """The audit record of the call while it is collected; None = calls are not recorded."""

    def stamp(self, request_id: str | None = None) -> Stamp:
        """The stamp that the mutations of this call carry."""
        caller = self.caller
        return Stamp(
            caller.enterprise_number,
            self.call_id,
            request_id,
            self.legal_context,
            self.ticket,
            caller.application,
            caller.on_behalf_of,
        )

    @property
    def expired(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self.deadline
