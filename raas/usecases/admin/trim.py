"""Trim logs and renew their ids, beside running servers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from raas.domain.errors import Reason, refuse
from raas.domain.registers.register import Register
from raas.usecases.ports.maintenance import TrimStore
from raas.usecases.ports.subscriber_store import SubscriberKey

PROTECTED = timedelta(days=90)
"""The time after its last activity in which a named subscriber holds back trimming."""

_ENTRIES = 2_000
"""Revisions deleted in one step; writers of the register wait until the step ends."""


@dataclass(frozen=True, slots=True)
class TrimTarget:
    """The new beginning of a log: a revision, or the last revision recorded at or before an instant.

    Exactly one of the two is given. The state at that revision or instant remains available.
    """

    revision: int | None = None
    instant: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrimProgress:
    """The progress of trimming towards the revision `goal`.

    `held_by` is the subscriber that holds back trimming: revisions that it has not acknowledged are kept.
    """

    deleted: int
    oldest_revision: int
    goal: int
    held_by: SubscriberKey | None


async def trim(
    store: TrimStore,
    register: Register,
    cut: TrimTarget,
    *,
    now: datetime,
    force: bool = False,
    progress: Callable[[TrimProgress], None] = lambda _: None,
) -> TrimProgress:
    """Delete the beginning of a register's log, in steps between which writers proceed.

    Stops at the slowest subscriber seen in the last 90 days, unless forced. `progress` is called after
    each step, which is committed then. A subscriber behind the new beginning is refused with
    REVISION_EXPIRED; a page that is being read is completed.

    Raises Refused REVISION_IN_FUTURE, VALUE_INVALID for an instant in the future; StoreUnavailable,
    StoreFault.
    """
    if cut.revision is not None and cut.revision > register.revision:
        raise refuse(Reason.REVISION_IN_FUTURE, "revision", latest_revision=str(register.revision))
    if cut.instant is not None:
        goal = await store.revision_at(register.id, cut.instant)
    else:
        goal = cut.revision or 0
    seen_since = None if force else now - PROTECTED
    deleted, oldest = 0, register.oldest_revision
    while True:
        began = monotonic()
        step = await store.step(register.id, goal, _ENTRIES, seen_since)
        deleted += step.deleted
        trimmed = TrimProgress(deleted, step.oldest_revision, goal, step.held_by)
        progress(trimmed)
        if step.oldest_revision <= oldest or step.oldest_revision >= goal:
            return trimmed
        oldest = step.oldest_revision
        # Writers get as much time as the step took from them.
        await asyncio.sleep(monotonic() - began)


async def renew_logs(store: TrimStore, registers: Sequence[Register]) -> None:
    """Give each of these logs a new log_id, so that subscribers do not resume in it; all of them or none.

    Needed after a restore or a failover that lost writes. Raises StoreUnavailable, StoreFault.
    """
    await store.renew([register.id for register in registers])
