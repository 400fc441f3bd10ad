"""ListMutations: the size of an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from raas.domain.errors import Reason, Refused
from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.feed.list_mutations import ListMutations, MutationQuery
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPage, LogPoint, ReadLimits
from tests.usecases.feed.reading import CALL, new_pages, said

REGISTER = AdmittedRegister(1, EnterpriseNumber(200000042))
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LINES = "{" + ",".join(["[2024-01-01,2024-01-02)"] * 1_000) + "}"


class Logs:
    """A log of mutations of 2,000 lines each; `groups` are the last revisions of its groups."""

    def __init__(self, *groups: int) -> None:
        self._entries = [
            LogEntry(
                revision, min(last for last in groups if last >= revision), 1, Niss(85673003360), None,
                "A", None, LINES, LINES, NOON, REGISTER.enterprise_number, "", None, None, None, None,
                None, b"", None,
            )
            for revision in range(1, groups[-1] + 1)
        ]  # fmt: skip
        self.last = groups[-1]
        self._head = LogHead(REGISTER.enterprise_number, UUID(int=1), 0, LogPoint(groups[-1], NOON, b""))

    async def read(self, after: Mapping[int, int], _: LogFilter, reach: ReadLimits) -> Mapping[int, LogPage]:
        [(register_id, revision)] = after.items()
        entries = self._entries[revision:][: reach.entries]
        return {register_id: LogPage(self._head, self._head.latest, entries, len(entries) >= reach.entries)}

    def replace(self) -> None:
        """Give the log another id."""
        self._head = replace(self._head, log_id=UUID(int=2))

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        return dict.fromkeys(register_ids, self._head)


def use_case(logs: Logs) -> ListMutations:
    return ListMutations(cast(Any, logs), cast(Any, None), new_pages())


async def pages(logs: Logs, page_size: int = 1_000) -> list[tuple[int, int, bool]]:
    """Of every page the number of mutations, the through_revision, and whether a part of a group follows."""
    listing, query = use_case(logs), MutationQuery(0, page_size=page_size)
    answers: list[tuple[int, int, bool]] = []
    revisions: list[int] = []
    while True:
        answer = await listing.page(CALL, REGISTER, query)
        revisions += [entry.revision for entry in answer.entries]
        answers.append((len(answer.entries), answer.through_revision, bool(answer.next_page_token)))
        if answer.through_revision == logs.last:
            assert revisions == list(range(1, logs.last + 1))
            return answers
        query = replace(query, after_revision=answer.through_revision, page_token=answer.next_page_token)


async def test_answer_with_large_mutations_fits_a_message() -> None:
    found = await pages(Logs(*range(1, 201)))
    # 2,000 lines take some 52 kB in a message.
    assert all(count * 52_000 < 4 * 1024 * 1024 for count, _, _ in found)
    assert found[0][0] * 52_000 > 2 * 1024 * 1024


async def test_group_larger_than_an_answer_comes_in_parts_with_unchanged_through() -> None:
    logs = Logs(10, 20, 30, 40, 50, 60, 180, 200)
    first, second, *parts, last = await pages(logs)
    assert (first, second) == ((50, 50, False), (10, 60, False))
    assert all((through, more) == (60, True) for _, through, more in parts)
    assert (last[1], last[2]) == (200, False)
    assert all(count * 52_000 < 4 * 1024 * 1024 for count, _, _ in (*parts, last))
    assert len(parts) == 2


async def test_group_larger_than_the_page_size_is_complete() -> None:
    assert await pages(Logs(3, 23, 25), page_size=5) == [(3, 3, False), (20, 23, False), (2, 25, False)]


async def test_page_token_of_a_part_is_refused_for_another_request() -> None:
    listing, query = use_case(Logs(180)), MutationQuery(0)
    token = (await listing.page(CALL, REGISTER, query)).next_page_token
    for other in (replace(query, after_revision=1), replace(query, kinds=(1,)), replace(query, niss=Niss(7))):
        with pytest.raises(Refused) as refused:
            await listing.page(CALL, REGISTER, replace(other, page_token=token))
        assert said(refused.value) == [("page_token", Reason.PAGE_TOKEN_INVALID)]


async def test_part_of_a_group_in_a_replaced_log_is_refused() -> None:
    logs = Logs(180)
    listing, query = use_case(logs), MutationQuery(0)
    token = (await listing.page(CALL, REGISTER, query)).next_page_token
    logs.replace()
    with pytest.raises(Refused) as refused:
        await listing.page(CALL, REGISTER, replace(query, page_token=token))
    assert [reason for _, reason in said(refused.value)] == [Reason.LOG_REPLACED]
