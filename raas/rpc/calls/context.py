"""What the front door knows of the call being answered; set by the interceptor, read by the servicers."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from raas.domain.errors import Violation
from raas.usecases.calls.call import Call


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The call, and what is wrong with its metadata: reported together with what the request has wrong."""

    call: Call
    faults: tuple[Violation, ...]


_current: ContextVar[RequestContext] = ContextVar("exchange")

enter = _current.set
"""Make an exchange the current one of this task."""

current = _current.get
"""The exchange of the call that this task answers."""
