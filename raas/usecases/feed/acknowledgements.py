"""Acknowledge, ListSubscribers and DeleteSubscriber: the acknowledged revisions of named subscribers."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from raas.domain.errors import Reason, refuse
from raas.domain.numbers.enterprise_number import EnterpriseNumber, enterprise_number_text
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call, CallerKey
from raas.usecases.calls.pagination import Pages, page_size_of
from raas.usecases.feed.start_position import require_log
from raas.usecases.ports.log import LogStore
from raas.usecases.ports.subscriber_store import Subscriber, SubscriberKey, SubscriberStore


class ManageSubscribers:
    """The use cases that concern named subscribers."""

    def __init__(self, subscribers: SubscriberStore, logs: LogStore, pages: Pages) -> None:
        self._subscribers = subscribers
        self._logs = logs
        self._pages = pages

    async def acknowledge(
        self, call: Call, register: AdmittedRegister, name: str, revision: int, log_id: UUID | None
    ) -> int:
        """Move the caller's subscriber forward, never back. Returns its acknowledged revision.

        Raises Refused LOG_REPLACED, REVISION_IN_FUTURE.
        """
        head = (await self._logs.heads((register.id,)))[register.id]
        require_log(head, log_id)
        if revision > head.latest.revision:
            latest = str(head.latest.revision)
            raise refuse(Reason.REVISION_IN_FUTURE, "revision", latest_revision=latest)
        key = SubscriberKey(register.id, call.caller.key.text, name)
        return await self._subscribers.acknowledge(key, head.log_id, revision)

    async def page(
        self, call: Call, register: AdmittedRegister, page_size: int, page_token: str, *, all_callers: bool
    ) -> tuple[Sequence[Subscriber], str]:
        """Subscribers in order of (caller, name), and the token of the next page.

        Those of all callers, or only the caller's own.

        Raises Refused VALUE_INVALID, PAGE_TOKEN_INVALID.
        """
        size = page_size_of(page_size)
        token = self._pages.open(page_token, call, register.id, None)
        after = None if token is None else (_caller_text(token["caller"]), str(token["name"]))
        whose = None if all_callers else call.caller.key.text
        found = await self._subscribers.page(register.id, whose, after, size + 1)
        if len(found) <= size:
            return found, ""
        last = found[size - 1].key
        content = {"caller": last.caller, "name": last.name}
        return found[:size], self._pages.seal(call, register.id, None, content)

    async def delete(
        self,
        call: Call,
        register: AdmittedRegister,
        name: str,
        whose: CallerKey | None,
        *,
        all_callers: bool,
    ) -> None:
        """Delete a subscriber of the caller (None), or of another one if the caller may delete them all.

        Raises Refused MANDATE_MISSING.
        """
        own = call.caller.key
        if whose not in (None, own) and not all_callers:
            number = enterprise_number_text(register.enterprise_number)
            raise refuse(Reason.MANDATE_MISSING, "subscriber_caller", register=number)
        await self._subscribers.delete(
            SubscriberKey(register.id, (own if whose is None else whose).text, name)
        )


def _caller_text(stored: str | int) -> str:
    """The caller in a page token; versions before 0.2 wrote the number of the organisation."""
    return stored if isinstance(stored, str) else enterprise_number_text(EnterpriseNumber(stored))
