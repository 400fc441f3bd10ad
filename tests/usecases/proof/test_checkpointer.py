"""The checkpointer: numbers, places of records, idle logs, two of them at once, an older copy put back."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from raas.domain.audit.chain import ChainState, chains_root
from raas.domain.audit.checkpoint import Checkpoint, parse_checkpoint
from raas.domain.audit.findings import Fault
from raas.domain.audit.inclusion import verify_inclusion
from raas.domain.audit.key_history import KeyHistory, PublishedKey
from raas.domain.audit.note import format_note, parse_note
from raas.domain.audit.verify import verify_export
from raas.memory.audit.proof_store import MemoryProofStore
from raas.signing.ed25519 import check_signature
from raas.usecases.ports.audit.proof import CheckpointTaken, KeyUnusable
from raas.usecases.proof.checkpointer import Checkpointer
from raas.usecases.proof.compare import OlderCopy, compare_with_kept
from raas.usecases.proof.prove import prove_call
from tests.usecases.proof.sample_log import (
    FIRST,
    MINUTE,
    ORIGIN,
    SECOND,
    START,
    WRITES,
    SampleLog,
    full_log,
    signer,
    write,
)


def parsed(note: bytes | None) -> Checkpoint:
    assert note is not None
    return parse_checkpoint(parse_note(note).text)


def again(log: SampleLog) -> Checkpointer:
    """A checkpointer of another process on the same store."""
    return Checkpointer(log.store, log.origin, log.signers, lambda: log.now)


async def test_checkpoint_without_new_records_is_made_when_idle_alone() -> None:
    log = SampleLog()
    first = parsed(await log.checkpoint())
    assert (first.number, first.size, first.chains, first.previous) == (1, 0, 0, None)
    assert await log.checkpoint() is None
    idle = parsed(await log.checkpoint(even_if_idle=True))
    assert (idle.number, idle.size, idle.consistency) == (2, 0, ())


async def test_leaves_are_in_the_order_of_chains_and_numbers() -> None:
    log = await full_log()
    ranges = await log.store.ranges(0, 100)
    by_checkpoint = {number: [e.chain for e in ranges if e.checkpoint == number] for number in range(1, 7)}
    assert by_checkpoint == {
        1: [FIRST, WRITES],
        2: [FIRST, WRITES],
        3: [SECOND, WRITES],
        4: [],
        5: [FIRST, SECOND],
        6: [SECOND, WRITES],
    }
    leaf = 0
    for each in ranges:
        assert each.leaf == leaf
        leaf += each.last - each.first + 1


async def test_checkpoint_commits_to_the_open_chains() -> None:
    log = await full_log()
    states = [
        ChainState(chain, len(records), records[-1].hash)
        for chain, records in log.store.chains.items()
        if chain != FIRST  # sealed
    ]
    newest = parsed(log.notes[-1])
    assert (newest.chains, newest.chains_root) == (2, chains_root(states))


async def test_process_that_takes_over_continues_the_log() -> None:
    log = await full_log()
    for revision in range(21, 24):
        write(log, revision)
    log.checkpointer = again(log)
    await log.checkpoint()
    assert parsed(log.notes[-1]).number == 7
    assert verify_export(await log.export(), log.named_notes(), log.keys, check_signature).sound


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=1, max_size=5))
def test_log_over_many_tiles_is_continued_by_one_process_after_another(
    batches: list[tuple[int, int]],
) -> None:
    async def made() -> SampleLog:
        log = SampleLog()
        for writes, reads in batches:
            for number in range(writes):
                write(log, number)
            for _ in range(reads):
                log.record(SECOND)
            log.checkpointer = again(log)
            await log.checkpoint()
        return log

    log = asyncio.run(made())
    lines = asyncio.run(log.export())
    result = verify_export(lines, log.named_notes(), log.keys, check_signature)
    assert (result.sound, result.records) == (True, sum(map(sum, batches)))
    for call in {1, log.calls // 2, log.calls} - {0}:
        if log.calls:
            (proof,) = asyncio.run(prove_call(log.store, UUID(int=call)))
            assert verify_inclusion(proof, log.keys, check_signature).number == len(log.notes)


async def test_second_of_two_checkpointers_is_refused_and_continues_after_the_first() -> None:
    log = await full_log()
    other = again(log)
    await other.step(even_if_idle=False)
    write(log, 21)
    await log.checkpoint()
    write(log, 22)
    with pytest.raises(CheckpointTaken):
        await other.step(even_if_idle=True)
    note = await other.step(even_if_idle=True)
    assert note is not None
    assert verify_export(await log.export(), log.named_notes() | {"8": note}, log.keys, check_signature).sound


async def test_record_committed_before_the_one_before_it_waits() -> None:
    log = SampleLog()
    for revision in (1, 2, 3):
        write(log, revision)
    late = log.store.chains[WRITES].pop(1)
    assert parsed(await log.checkpoint()).size == 1
    log.store.chains[WRITES].insert(1, late)
    assert parsed(await log.checkpoint()).size == 3


async def test_clock_that_goes_back_does_not_move_checkpoints_back() -> None:
    log = SampleLog()
    write(log, 1)
    before = parsed(await log.checkpoint())
    write(log, 2)
    assert parsed(await log.checkpoint(minutes=-5)).time == before.time


async def test_failed_signature_leaves_the_log_as_it_was() -> None:
    log = SampleLog()
    write(log, 1)

    class Broken:
        key = signer(1).key

        def sign(self, message: bytes) -> bytes:
            raise KeyUnusable("the device is gone")

    broken = Checkpointer(log.store, log.origin, [Broken()], lambda: log.now)
    with pytest.raises(KeyUnusable):
        await broken.step(even_if_idle=False)
    assert await log.store.newest_note() is None
    assert parsed(await log.checkpoint()).number == 1


async def test_log_of_an_older_copy_is_not_continued() -> None:
    log = await full_log(3)
    older: MemoryProofStore = deepcopy(log.store)
    write(log, 15)
    await log.checkpoint()
    restored = Checkpointer(older, ORIGIN, log.signers, lambda: log.now)
    await compare_with_kept(older, None)
    await compare_with_kept(older, log.notes[-2])
    with pytest.raises(OlderCopy, match="checkpoint 4"):
        await compare_with_kept(older, log.notes[-1])
    # Nor is one that was written on until it has a checkpoint of that number.
    forked = SampleLog(now=log.now)
    forked.store = older
    forked.checkpointer = restored
    write(forked, 99)
    await forked.checkpoint()
    with pytest.raises(OlderCopy, match="checkpoint 4"):
        await compare_with_kept(older, log.notes[-1])


async def rotated(*, compromised: bool = False, until: int | None = None) -> tuple[SampleLog, KeyHistory]:
    """A log of four checkpoints: two by the old key, one by both keys, one by the new key."""
    old, new = signer(1), signer(2)
    log = SampleLog([old])
    for revision in (1, 2):
        write(log, revision)
        await log.checkpoint()
    log.signers.append(new)
    write(log, 3)
    await log.checkpoint()
    log.signers.remove(old)
    write(log, 4)
    await log.checkpoint()
    keys = KeyHistory((PublishedKey(old.key, START, until, compromised), PublishedKey(new.key, START)))
    return log, keys


async def faults(log: SampleLog, keys: KeyHistory) -> list[Fault]:
    result = verify_export(await log.export(), log.named_notes(), keys, check_signature)
    return [each.fault for each in result.findings]


async def test_rotated_keys_are_accepted_while_they_are_valid() -> None:
    log, keys = await rotated(until=START + 3 * MINUTE + 3_000)
    assert await faults(log, keys) == []
    log, keys = await rotated(until=START + MINUTE + 1_000)
    assert Fault.CHECKPOINT_INVALID in await faults(log, keys)


async def test_checkpoints_of_a_compromised_key_are_accepted_if_a_sound_one_confirms_them() -> None:
    log, keys = await rotated(compromised=True)
    assert await faults(log, keys) == []
    # Nothing that a sound key has signed follows these.
    log.notes = log.notes[:2]
    found = await faults(log, keys)
    assert found.count(Fault.CHECKPOINT_INVALID) == 2


async def test_checkpoint_forged_with_a_compromised_key_is_refused() -> None:
    log, keys = await rotated(compromised=True)
    other = SampleLog([signer(1)])
    for revision in (1, 2, 3, 4, 5):
        write(other, revision * 10)
        await other.checkpoint()
    forged = {"forged": other.notes[4]}
    result = verify_export(await log.export(), log.named_notes() | forged, keys, check_signature)
    assert Fault.CHECKPOINT_INVALID in {each.fault for each in result.findings}


async def test_signature_of_a_known_key_must_be_right_even_beside_a_valid_one() -> None:
    log, keys = await rotated()
    note = parse_note(log.notes[2])
    wrong = [replace(note.signatures[0], signature=bytes(64)), note.signatures[1]]
    log.notes[2] = format_note(note.text, wrong)
    assert Fault.CHECKPOINT_INVALID in await faults(log, keys)


async def test_notes_of_another_log_are_left_aside() -> None:
    other = SampleLog([signer(3, "raas.example/audit/2")], origin="raas.example/audit/2")
    await other.checkpoint()
    log = await full_log()
    keys = KeyHistory((*log.keys.keys, *other.keys.keys))
    notes = log.named_notes() | {"other": other.notes[0]}
    result = verify_export(await log.export(), notes, keys, check_signature)
    assert (result.sound, result.other_origins) == (True, ("raas.example/audit/2",))
