"""ListMutations: the size of an answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.feed.list_mutations import ListMutations, MutationQuery
from raas.usecases.ports.log import LogEntry, LogFilter, LogHead, LogPage, LogPoint, ReadLimits
from tests.usecases.feed.reading import CALL

REGISTER = AdmittedRegister(1, EnterpriseNumber(200000042))
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
LINES = "{" + ",".join(["[2024-01-01,2024-01-02)"] * 1_000) + "}"


class Logs:
    """A log of mutations of 2,000 lines each; `groups` are the last revisions of its groups."""

    def __init__(self, *groups: int) -> None:
        self._entries = [
            LogEntry(
                revision, min(last for last in groups if last >= revision), 1, Niss(85673003360), None,
                "A", None, LINES, LINES, NOON, REGISTER.enterprise_number, "", None, None, None, b"", None,
            )
            for revision in range(1, groups[-1] + 1)
        ]  # fmt: skip
        self._head = LogHead(REGISTER.enterprise_number, UUID(int=1), 0, LogPoint(groups[-1], NOON, b""))

    async def read(self, after: Mapping[int, int], _: LogFilter, reach: ReadLimits) -> Mapping[int, LogPage]:
        [(register_id, revision)] = after.items()
        entries = self._entries[revision:][: reach.entries]
        return {register_id: LogPage(self._head, self._head.latest, entries, len(entries) >= reach.entries)}

    async def heads(self, register_ids: Collection[int]) -> Mapping[int, LogHead]:
        return dict.fromkeys(register_ids, self._head)


async def pages(logs: Logs) -> list[tuple[int, int]]:
    """The number of mutations and the through_revision of every page."""
    verb = ListMutations(cast(Any, logs), cast(Any, None))
    answers: list[tuple[int, int]] = []
    while not answers or answers[-1][1] < 200:
        after = answers[-1][1] if answers else 0
        answer = await verb.page(CALL, REGISTER, MutationQuery(after, page_size=1_000))
        answers.append((len(answer.entries), answer.through_revision))
    return answers


async def test_answer_with_large_mutations_fits_a_message() -> None:
    found = await pages(Logs(*range(1, 201)))
    assert sum(count for count, _ in found) == 200
    # 2,000 lines take some 52 kB in a message.
    assert all(count * 52_000 < 4 * 1024 * 1024 for count, _ in found)
    assert found[0][0] * 52_000 > 2 * 1024 * 1024


async def test_answer_that_is_cut_ends_where_a_group_ends_and_a_larger_group_is_complete() -> None:
    assert await pages(Logs(10, 20, 30, 40, 50, 60, 180, 200)) == [(50, 50), (10, 60), (120, 180), (20, 200)]
