"""Reads through replacements, restorations and cancellations: one person under any of its numbers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.persons.status import PersonStatus
from raas.usecases.reads.check import DecisionReason
from raas.usecases.reads.stale_niss import Stale
from tests.storage.persons.test_transaction import days
from tests.usecases.persons.harness import a_call, new_niss
from tests.usecases.reads.harness import ReadingHarness, now

YEAR = days("2024-01-01", "2024-12-31")


@pytest.fixture
def harness(engine: AsyncEngine, reading_engine: AsyncEngine) -> ReadingHarness:
    return ReadingHarness(engine, reading_engine)


async def test_every_read_resolves_to_the_final_successor(harness: ReadingHarness) -> None:
    register = await harness.register()
    first, second, third = [await harness.person() for _ in range(3)]
    await harness.inscribe(register, first, "2024-01-01", "2024-12-31")
    await harness.replace(first, second)
    await harness.replace(second, third)
    for asked in (first, second):
        consulted = await harness.consult(register, asked)
        assert [(d.niss, d.lines) for d in consulted.dossiers] == [(third, (YEAR,))]
        assert consulted.resolved == ((asked, third),)
        decision = await harness.check(register, asked, "2024-06-01")
        assert (decision.reason, decision.successor_niss) == (DecisionReason.INSCRIBED, third)
        found = await harness.find(asked)
        assert [(m.register, m.lines) for m in found.matches] == [(register.enterprise_number, (YEAR,))]
        assert found.resolved == ((asked, third),)


async def test_history_has_the_mutations_of_all_numbers_of_a_person(harness: ReadingHarness) -> None:
    register = await harness.register()
    one, other, final, stranger = [await harness.person() for _ in range(4)]
    for niss in (one, stranger, other, final):  # 2, 3, 4, 5
        await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.replace(one, final)  # 6, 7
    await harness.cancel(stranger)  # 8
    await harness.replace(other, final)  # 9, 10
    await harness.inscribe(register, one, "2025-01-01", "2025-12-31")  # 11
    expected = [2, 4, 5, 6, 7, 9, 10, 11]
    for asked in (one, other, final):
        resolved = () if asked == final else ((asked, final),)
        for size in (0, 1, 3):
            assert await harness.history(register, asked, size) == (expected, resolved)
        assert await harness.listed(register, asked) == (expected, resolved)
    assert await harness.history(register, stranger) == ([3, 8], ())


async def test_history_of_a_number_that_is_replaced_meanwhile_has_both_numbers(
    harness: ReadingHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    for niss in (old, new):  # 2, 3
        await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    reads, read, calls = harness.histories._reads, harness.histories._reads.history, 0

    async def read_while_replaced(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            await harness.replace(old, new)  # 4, 5
        return await read(*arguments)

    monkeypatch.setattr(reads, "history", read_while_replaced)
    assert await harness.history(register, old) == ([2, 3, 4, 5], ((old, new),))


async def test_restored_number_has_its_own_history(harness: ReadingHarness) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    await harness.inscribe(register, old, "2024-01-01", "2024-12-31")  # 2
    await harness.replace(old, new)  # 3, 4
    await harness.restore(old)  # 5, 6
    assert await harness.history(register, old) == ([2, 3, 5], ())
    assert await harness.listed(register, new) == ([4, 6], ())
    assert (await harness.consult(register, new)).dossiers == ()
    assert [d.lines for d in (await harness.consult(register, old)).dossiers] == [(YEAR,)]


async def test_history_keeps_the_numbers_of_its_first_page(harness: ReadingHarness) -> None:
    register = await harness.register()
    old, new = await harness.person(), await harness.person()
    for niss in (new, old, new):
        await harness.inscribe(
            register, niss, "2024-01-01", f"2024-12-{10 + await harness.revision(register)}"
        )
    first = await harness.histories.page(a_call(), register, new, None, 1, "")
    await harness.replace(old, new)
    second = await harness.histories.page(a_call(), register, new, None, 10, first.next_page_token)
    assert [m.revision for m in (*first.mutations, *second.mutations)] == [2, 4]


async def test_cancelled_number_is_read_and_reported_by_a_check(harness: ReadingHarness) -> None:
    register, niss = await harness.register(), await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.cancel(niss)
    assert [d.lines for d in (await harness.consult(register, niss)).dossiers] == [(YEAR,)]
    assert (await harness.check(register, niss, "2024-06-01")).reason is DecisionReason.NISS_CANCELLED
    assert await harness.history(register, niss) == ([2, 3], ())


async def test_stale_numbers_are_listed(harness: ReadingHarness) -> None:
    """With persons in the store a replaced number keeps no lines: only one written before can be listed."""
    register = await harness.register()
    old, new, gone = [await harness.person() for _ in range(3)]
    unknown = new_niss()
    for niss in (old, new, gone):
        await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.replace(old, new)
    await harness.cancel(gone)
    stale, token = await harness.stale.page(a_call(), register, 0, "")
    assert (stale, token) == ((Stale(gone, PersonStatus.CANCELLED, None, ("HEALTH",)),), "")

    for niss in (old, unknown):
        await harness.write_as_before(register, niss, YEAR)
    stale, token = await harness.stale.page(a_call(), register, 0, "")
    assert token == ""
    assert sorted(stale, key=lambda each: each.niss) == sorted(
        (
            Stale(gone, PersonStatus.CANCELLED, None, ("HEALTH",)),
            Stale(old, PersonStatus.REPLACED, new, ("HEALTH",)),
            Stale(unknown, None, None, ("HEALTH",)),
        ),
        key=lambda each: each.niss,
    )


async def test_reads_as_of_an_earlier_time_use_the_statuses_of_then(harness: ReadingHarness) -> None:
    register, neighbour = await harness.register(), await harness.register()
    first, second, third = [await harness.person() for _ in range(3)]
    times, revisions = [], []

    async def moment() -> None:
        times.append(now())
        revisions.append(await harness.revision(register))

    await harness.inscribe(register, first, "2024-01-01", "2024-12-31")
    await harness.inscribe(neighbour, third, "2025-01-01", "2025-12-31")
    await moment()
    await harness.replace(first, second)
    await moment()
    await harness.replace(second, third)
    await moment()
    await harness.restore(second)
    await moment()
    meant = [
        {first: first, second: second, third: third},
        {first: second, second: second, third: third},
        {first: third, second: third, third: third},
        {first: second, second: second, third: third},
    ]
    holders = [first, second, third, second]
    for time, revision, then, holder in zip(times, revisions, meant, holders, strict=True):
        for asked, niss in then.items():
            resolved = () if asked == niss else ((asked, niss),)
            consulted = await harness.consult(register, asked, revision)
            assert [d.niss for d in consulted.dossiers] == ([holder] if niss == holder else [])
            assert consulted.resolved == resolved
            decision = await harness.check(register, asked, "2024-06-01", time)
            assert decision.inscribed == (niss == holder)
            assert decision.successor_niss == (None if asked == niss else niss)
            found = await harness.find(asked, time)
            assert found.resolved == resolved
            expected = {
                register.enterprise_number: niss == holder,
                neighbour.enterprise_number: niss == third,
            }
            assert {m.register for m in found.matches} == {r for r, known in expected.items() if known}


async def test_read_as_of_the_latest_revision_equals_the_current_one(harness: ReadingHarness) -> None:
    register = await harness.register()
    old, new, gone = [await harness.person() for _ in range(3)]
    for niss in (old, gone):
        await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    await harness.replace(old, new)
    await harness.cancel(gone)
    revision = await harness.revision(register)
    for asked in (old, new, gone):
        today, then = await harness.consult(register, asked), await harness.consult(register, asked, revision)
        assert (today.dossiers, today.resolved) == (then.dossiers, then.resolved)
