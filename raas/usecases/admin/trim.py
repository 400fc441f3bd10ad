"""Trimming a log, and renewing its identity: what is done to the logs themselves, while servers run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from raas.domain.errors import Reason, refuse
from raas.domain.registers.register import Register
from raas.usecases.ports.maintenance import TrimStore
from raas.usecases.ports.subscriber_store import SubscriberKey

PROTECTED = timedelta(days=90)
"""For so long after it was last seen, a named subscriber holds back the trimming of what it has not read."""

_ENTRIES = 2_000
"""Revisions given up in one step: writers of the register wait for as long as it takes."""


@dataclass(frozen=True, slots=True)
class TrimTarget:
    """Up to where: to a revision, which becomes the oldest one, or to what was known at an instant.

    Exactly one of the two is given. After it, the state at that revision or instant can still be asked.
    """

    revision: int | None = None
    instant: datetime | None = None


@dataclass(frozen=True, slots=True)
class TrimProgress:
    """How far trimming came; `goal` is the revision that it is on its way to.

    `held_by`: the subscriber that has not acknowledged enough, and what comes after its place is kept.
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
    """Give up the beginning of a register's log, in steps that let writers through.

    Stops at the slowest subscriber seen in the last 90 days, unless forced. `progress` is called after
    every step; what a step did is done, wherever the next one ends. A reader behind the new beginning
    is told REVISION_EXPIRED; one that has a page under way finishes it.

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
    loop = asyncio.get_running_loop()
    while True:
        began = loop.time()
        step = await store.step(register.id, goal, _ENTRIES, seen_since)
        deleted += step.deleted
        trimmed = TrimProgress(deleted, step.oldest_revision, goal, step.held_by)
        progress(trimmed)
        if step.oldest_revision <= oldest or step.oldest_revision >= goal:
            return trimmed
        oldest = step.oldest_revision
        # Writers get as much time as the steps take from them.
        await asyncio.sleep(loop.time() - began)


async def renew_logs(store: TrimStore, registers: Sequence[Register]) -> None:
    """Give every one of these logs another identity: its readers learn that what they know is void.

    For after a restore or a failover that lost writes. All of them or none. Raises StoreUnavailable,
    StoreFault.
    """
    await store.renew([register.id for register in registers])
