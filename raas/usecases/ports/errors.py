"""Errors of every port, engine-neutral.

PortError
StoreUnavailable    nothing was written; the same call may succeed later
  ClockAhead        the record time would be ahead of the clock
CommitUnknown       the connection died at COMMIT and the outcome could not be learned
StoreFault          the store refused a statement; nothing of that transaction was written
SourceUnavailable   the authentic source did not answer in time
"""

from __future__ import annotations


class PortError(Exception):
    """Something outside the process failed."""


class StoreUnavailable(PortError):
    """The store does not answer; nothing was written."""


class ClockAhead(StoreUnavailable):
    """The record time would be ahead of the clock; the same call succeeds once an operator has acted."""


class CommitUnknown(PortError):
    """The connection was lost at COMMIT and the outcome could not be learned."""


class StoreFault(PortError):
    """The store refused a statement; nothing of that transaction was written."""


class SourceUnavailable(PortError):
    """The authentic source did not answer in time."""
