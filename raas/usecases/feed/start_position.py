"""A subscription request, and the revision at which its stream begins."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from raas.domain.errors import Reason, refuse
from raas.usecases.ports.log import LogFilter, LogHead
from raas.usecases.ports.subscriber_store import Subscriber

DEFAULT_HEARTBEAT_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class AfterRevision:
    """Begin with the first mutation after this revision."""

    revision: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Begin with all dossiers, or continue a snapshot after the part with this token."""

    resume_token: str = ""


@dataclass(frozen=True, slots=True)
class Latest:
    """Begin with the next mutation that is committed."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Begin with the first mutation after the revision that the subscriber acknowledged."""


Start = AfterRevision | Snapshot | Latest | Acknowledged


@dataclass(frozen=True, slots=True)
class SubscribeRequest:
    """A request of Subscribe; the server remembers the place of a named `subscriber`."""

    start: Start
    log_id: UUID | None = None
    subscriber: str | None = None
    dossier_types: tuple[str, ...] = ()
    kinds: tuple[int, ...] = ()
    heartbeat_seconds: float = DEFAULT_HEARTBEAT_SECONDS


def require_log(head: LogHead, log_id: UUID | None) -> None:
    """Raise LOG_REPLACED when the caller names another log than the present one."""
    if log_id is not None and log_id != head.log_id:
        raise refuse(Reason.LOG_REPLACED, "log_id", log_id=str(head.log_id))


def require_kept(head: LogHead, revision: int, field: str) -> None:
    """Raise REVISION_EXPIRED or REVISION_IN_FUTURE when no stream can begin after this revision."""
    if revision > head.latest.revision:
        raise refuse(Reason.REVISION_IN_FUTURE, field, latest_revision=str(head.latest.revision))
    if revision < head.oldest_revision:
        raise refuse(Reason.REVISION_EXPIRED, field, oldest_revision=str(head.oldest_revision))


def acknowledged_position(head: LogHead, subscriber: Subscriber | None, which: LogFilter) -> int:
    """The revision at which a subscriber resumes under these filters.

    Raises SUBSCRIBER_UNKNOWN, LOG_REPLACED (it acknowledged in an earlier log), SUBSCRIBER_FILTER_DIFFERS.
    """
    if subscriber is None:
        raise refuse(Reason.SUBSCRIBER_UNKNOWN, "subscriber")
    require_log(head, subscriber.log_id)
    same_types = subscriber.dossier_types == which.dossier_types
    if which.view is not None and not which.type_ids:
        # No types were asked for: one that read all types misses none of those that it may still see.
        same_types = same_types or not subscriber.dossier_types
    if not same_types or subscriber.kinds != which.kinds:
        raise refuse(Reason.SUBSCRIBER_FILTER_DIFFERS, "subscriber")
    return subscriber.acknowledged_revision
