"""Verification of exports: a whole one passes, and each kind of corruption is found and named."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.audit.findings import Fault, Verification
from raas.domain.audit.verify import verify_export
from raas.signing.ed25519 import check_signature
from tests.usecases.proof.corruptions import CORRUPTIONS, Case, case_of_removed_months, leaf_of
from tests.usecases.proof.random_corruptions import random_corruptions
from tests.usecases.proof.sample_log import (
    DAY,
    MINUTE,
    SECOND,
    START,
    WRITES,
    SampleLog,
    full_log,
    joined,
    signer,
    write,
)

KEYS = SampleLog().keys


def verified(case: Case, until: int | None = None) -> Verification:
    named = {f"{n}.note": note for n, note in enumerate(case.notes)}
    return verify_export(case.lines, named, KEYS, check_signature, until=until)


@pytest.fixture(scope="module")
async def case() -> Case:
    log = await full_log()
    return Case(await log.export(), log.notes)


async def corrupted(name: str, case: Case) -> Case:
    made = CORRUPTIONS[name][0](case)
    return await made if inspect.isawaitable(made) else made


async def test_whole_export_is_sound(case: Case) -> None:
    result = verified(case)
    assert result.findings == ()
    assert (result.records, result.removed, result.checkpoints) == (len(case.lines) - 1, 0, 6)
    assert result.size == result.records
    assert result.time == START + 65 * MINUTE + result.records * 1_000


async def test_order_of_kept_checkpoints_does_not_matter(case: Case) -> None:
    assert verified(replace(case, notes=[*reversed(case.notes), case.notes[0]])).sound


async def test_older_export_is_sound_until_its_checkpoint(case: Case) -> None:
    log = await full_log(3)
    older = Case(await log.export(), case.notes)
    assert [each.fault for each in verified(older).findings] == [Fault.TAIL_CUT]
    assert verified(older, until=3).sound


@pytest.mark.parametrize("name", CORRUPTIONS)
async def test_corruption_is_named(name: str, case: Case) -> None:
    found = {each.fault for each in verified(await corrupted(name, case)).findings}
    assert found & CORRUPTIONS[name][1]


async def test_altered_record_is_named_with_its_place_and_call(case: Case) -> None:
    (finding,) = verified(await corrupted("last_record_altered", case)).findings
    assert (finding.fault, finding.leaf, finding.chain, finding.index) == (
        Fault.RECORD_ALTERED,
        len(case.lines) - 2,
        WRITES,
        20,
    )
    assert "(call 00000000-0000-0000-0000-00000000001d)" in finding.text


async def test_altered_hash_blames_one_record_and_its_minute_alone(case: Case) -> None:
    findings = verified(await corrupted("stored_hash_of_a_record_altered", case)).findings
    # Later checkpoints are reached from the proof of consistency and are sound.
    assert [(each.fault, each.leaf, each.checkpoint) for each in findings] == [
        (Fault.RECORD_ALTERED, 6, None),
        (Fault.HISTORY_REPLACED, 5, 2),
    ]


async def test_dropped_record_is_named_in_log_and_chain(case: Case) -> None:
    findings = verified(await corrupted("record_dropped", case)).findings
    assert {(each.fault, each.leaf) for each in findings} == {
        (Fault.RECORD_MISSING, 8),
        (Fault.RECORD_MISSING, 9),
    }
    assert any("record 1 of chain" in each.text for each in findings)


async def test_forged_history_is_named_from_its_first_minute_on(case: Case) -> None:
    findings = verified(await corrupted("older_copy_put_back_and_written_on", case)).findings
    (first, *_) = [each for each in findings if each.fault is Fault.HISTORY_REPLACED]
    assert first.leaf == leaf_of(case, WRITES, 14) + 1
    assert first.checkpoint in (4, 5)


async def test_removed_checkpoint_is_named_by_its_number(case: Case) -> None:
    for name, number in (("checkpoint_removed", 3), ("newest_checkpoint_removed", 6)):
        findings = verified(await corrupted(name, case)).findings
        assert (Fault.CHECKPOINT_MISSING, number) in {(each.fault, each.checkpoint) for each in findings}


@pytest.fixture(scope="module")
async def removed() -> Case:
    return await case_of_removed_months()


@settings(max_examples=400)
@given(data=st.data())
def test_random_corruption_is_always_found(data: st.DataObject, case: Case, removed: Case) -> None:
    whole = data.draw(st.sampled_from((case, removed)))
    assert not verified(data.draw(random_corruptions(whole))).sound


def test_lines_about_removed_records_must_all_be_there_in_order(removed: Case) -> None:
    assert verified(removed).sound
    kinds = [json.loads(line)["type"] for line in removed.lines]
    for kind in ("subtree", "chain", "removed"):
        at = kinds.index(kind)
        without = replace(removed, lines=[*removed.lines[:at], *removed.lines[at + 1 :]])
        assert not verified(without).sound
    at = kinds.index("chain")
    lines = [*removed.lines[:at], removed.lines[at + 1], removed.lines[at], *removed.lines[at + 2 :]]
    assert kinds[at + 1] == "chain"
    assert not verified(replace(removed, lines=lines)).sound


async def test_removed_months_are_proven_by_hashes() -> None:
    log = await full_log()
    log.now += 2 * DAY
    for revision in range(21, 25):
        write(log, revision)
    await log.checkpoint()
    log.store.remove_before(START + 62 * MINUTE)
    lines = await log.export()
    result = verify_export(lines, log.named_notes(), log.keys, check_signature)
    assert result.findings == ()
    assert (result.records + result.removed, result.size) == (result.size, result.size)
    assert result.removed > 18
    assert sum(b'"type":"removed"' in line for line in lines) == 0
    assert sum(b'"type":"subtree"' in line for line in lines) > 0


async def test_records_removed_singly_are_accepted_at_the_edge_of_a_removal_alone() -> None:
    log = await full_log()
    edge = [stored.record.time for stored in log.store.chains[WRITES] if stored.record][7]
    log.store.remove_before(edge)
    lines = await log.export()
    removed = [n for n, line in enumerate(lines) if b'"type":"removed"' in line]
    assert removed
    assert verify_export(lines, log.named_notes(), log.keys, check_signature).sound
    # The same stub without a removal hides a record.
    whole = await (await full_log()).export()
    stub = lines[removed[-1]]
    leaf = stub.split(b",")[1]
    hidden = [stub if leaf in line else line for line in whole]
    findings = verify_export(hidden, log.named_notes(), log.keys, check_signature).findings
    assert [each.fault for each in findings] == [Fault.RECORD_MISSING]


def test_bytes_that_are_no_export_are_refused() -> None:
    for lines in ([], [b"\n"], [b"{}\n"], [b"[1]\n"], [b'{"type":"record"}\n'], [b"\xff\n"], [b"[" * 9_999]):
        (finding,) = verify_export(lines, {}, KEYS, check_signature).findings
        assert finding.fault is Fault.EXPORT_MALFORMED


def test_empty_log_is_sound_with_its_checkpoint() -> None:
    async def made() -> tuple[Sequence[bytes], Sequence[bytes]]:
        log = SampleLog()
        await log.checkpoint()
        return await log.export(), log.notes

    lines, notes = asyncio.run(made())
    assert verified(Case(lines, notes)).sound
    assert joined(lines).count(b"\n") == 1


def test_export_under_another_key_proves_nothing() -> None:
    async def made() -> Case:
        log = SampleLog([signer(9)])
        log.record(SECOND)
        await log.checkpoint()
        return Case(await log.export(), log.notes)

    faults = [each.fault for each in verified(asyncio.run(made())).findings]
    assert Fault.CHECKPOINT_INVALID in faults
    assert Fault.CHECKPOINT_MISSING in faults
