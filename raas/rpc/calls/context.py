"""The context of the call being served: set by the interceptor, read by the servicers."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field

from raas.domain.errors import Violation
from raas.rpc.calls.stream_guard import StreamGuard
from raas.rpc.calls.usage.billing import CallTally
from raas.usecases.calls.call import Call


@dataclass(frozen=True, slots=True)
class RequestContext:
    """The call, and the violations of its metadata, which are reported together with those of the request.

    `guard` is there where the answer is a stream. `tally` is what is counted of the call.
    """

    call: Call
    faults: tuple[Violation, ...]
    guard: StreamGuard | None = None
    tally: CallTally = field(default_factory=CallTally)


_current: ContextVar[RequestContext] = ContextVar("request_context")

enter = _current.set
"""Make a context the current one of this task."""

current = _current.get
"""The context of the call that this task serves."""
