"""Corruptions of an audit log, each with the faults of which a verifier must name at least one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from raas.domain.audit.chain import ChainState, new_chain
from raas.domain.audit.export import Header, RecordLine, line_bytes, parse_line
from raas.domain.audit.findings import Fault
from raas.domain.audit.record import record_from_texts, record_texts
from tests.usecases.proof.sample_log import (
    FIRST,
    MINUTE,
    SECOND,
    START,
    WRITES,
    SampleLog,
    full_log,
    write,
)


@dataclass(frozen=True)
class Case:
    """What a verifier is given: the lines of an export, and the checkpoints that were kept."""

    lines: Sequence[bytes]
    notes: Sequence[bytes]


Corruption = Callable[[Case], Awaitable[Case] | Case]

CORRUPTIONS: dict[str, tuple[Corruption, set[Fault]]] = {}


def corrupts(*faults: Fault) -> Callable[[Corruption], Corruption]:
    def register(corruption: Corruption) -> Corruption:
        CORRUPTIONS[corruption.__name__] = corruption, set(faults)
        return corruption

    return register


def record_at(case: Case, leaf: int) -> RecordLine:
    line = parse_line(case.lines[1 + leaf][:-1])
    assert isinstance(line, RecordLine)
    return line


def header_of(case: Case) -> Header:
    line = parse_line(case.lines[0][:-1])
    assert isinstance(line, Header)
    return line


def with_lines(case: Case, changed: dict[int, RecordLine]) -> Case:
    """The case with these leaves replaced."""
    lines = list(case.lines)
    for leaf, line in changed.items():
        lines[1 + leaf] = line_bytes(line)
    return replace(case, lines=lines)


def leaf_of(case: Case, chain: str, index: int) -> int:
    leaves = range(len(case.lines) - 1)
    return next(n for n in leaves if (record_at(case, n).chain, record_at(case, n).index) == (chain, index))


def rechained(case: Case, lines: Sequence[RecordLine]) -> Case:
    """These records with leaves, numbers and hashes as if they had always been the log: a perfect forgery."""
    states: dict[str, ChainState] = {}
    origin = header_of(case).origin
    made = [line_bytes(replace(header_of(case), size=len(lines)))]
    for leaf, line in enumerate(lines):
        state = states.get(line.chain, new_chain(origin, line.chain)).follow(line.texts)
        states[line.chain] = state
        made.append(line_bytes(replace(line, leaf=leaf, index=state.length, hash=state.head)))
    return replace(case, lines=made)


def every_record(case: Case) -> list[RecordLine]:
    return [record_at(case, leaf) for leaf in range(len(case.lines) - 1)]


def altered(line: RecordLine) -> RecordLine:
    record = replace(record_from_texts(line.texts), outcome="OTHER")
    return replace(line, texts=record_texts(record))


@corrupts(Fault.RECORD_ALTERED)
def outcome_of_a_record_altered(case: Case) -> Case:
    return with_lines(case, {6: altered(record_at(case, 6))})


@corrupts(Fault.RECORD_ALTERED)
def stored_hash_of_a_record_altered(case: Case) -> Case:
    line = record_at(case, 6)
    return with_lines(case, {6: replace(line, hash=bytes(32))})


@corrupts(Fault.RECORD_ALTERED)
def last_record_altered(case: Case) -> Case:
    last = len(case.lines) - 2
    return with_lines(case, {last: altered(record_at(case, last))})


@corrupts(Fault.HISTORY_REPLACED)
def record_altered_and_everything_chained_anew(case: Case) -> Case:
    records = every_record(case)
    records[6] = altered(records[6])
    return rechained(case, records)


@corrupts(Fault.RECORD_MISSING)
def first_record_dropped(case: Case) -> Case:
    return replace(case, lines=[*case.lines[:1], *case.lines[2:]])


@corrupts(Fault.RECORD_MISSING)
def record_dropped(case: Case) -> Case:
    return replace(case, lines=[*case.lines[:9], *case.lines[10:]])


@corrupts(Fault.HISTORY_REPLACED, Fault.EXPORT_MALFORMED)
def record_dropped_and_everything_chained_anew(case: Case) -> Case:
    records = every_record(case)
    del records[8]
    return rechained(case, records)


@corrupts(Fault.RECORDS_SWAPPED)
def lines_of_two_records_swapped(case: Case) -> Case:
    lines = list(case.lines)
    lines[12], lines[15] = lines[15], lines[12]
    return replace(case, lines=lines)


@corrupts(Fault.RECORDS_SWAPPED)
def contents_of_two_records_swapped(case: Case) -> Case:
    one, other = leaf_of(case, WRITES, 6), leaf_of(case, WRITES, 9)
    a, b = record_at(case, one), record_at(case, other)
    return with_lines(case, {one: replace(a, texts=b.texts), other: replace(b, texts=a.texts)})


@corrupts(Fault.RECORDS_SWAPPED)
def numbers_of_two_records_swapped(case: Case) -> Case:
    one, other = leaf_of(case, WRITES, 6), leaf_of(case, WRITES, 7)
    a, b = record_at(case, one), record_at(case, other)
    swapped = {
        one: replace(a, texts=b.texts, hash=b.hash),
        other: replace(b, texts=a.texts, hash=a.hash),
    }
    return with_lines(case, swapped)


@corrupts(Fault.RECORDS_SWAPPED)
def records_of_two_chains_swapped(case: Case) -> Case:
    one, other = leaf_of(case, SECOND, 3), leaf_of(case, WRITES, 16)
    a, b = record_at(case, one), record_at(case, other)
    return with_lines(case, {one: replace(a, texts=b.texts), other: replace(b, texts=a.texts)})


@corrupts(Fault.RECORD_INVENTED)
def record_invented_at_a_taken_place(case: Case) -> Case:
    line = altered(record_at(case, 6))
    return replace(case, lines=[*case.lines[:8], line_bytes(line), *case.lines[8:]])


@corrupts(Fault.RECORD_INVENTED)
def record_invented_at_the_end(case: Case) -> Case:
    last = record_at(case, len(case.lines) - 2)
    state = ChainState(last.chain, last.index, last.hash).follow(last.texts)
    line = replace(last, leaf=last.leaf + 1, index=state.length, hash=state.head)
    return replace(case, lines=[*case.lines, line_bytes(line)])


@corrupts(Fault.HISTORY_REPLACED)
def record_invented_and_everything_chained_anew(case: Case) -> Case:
    records = every_record(case)
    records.insert(7, altered(records[6]))
    return rechained(case, records)


@corrupts(Fault.RECORD_INVENTED)
def record_invented_after_a_seal(case: Case) -> Case:
    leaf = next(n for n, line in enumerate(every_record(case)) if line.texts[1] == "SEAL")
    sealed, records = record_at(case, leaf), every_record(case)
    records.insert(leaf + 1, replace(sealed, texts=records[0].texts))
    return rechained(case, records)


@corrupts(Fault.TAIL_CUT)
def tail_cut(case: Case) -> Case:
    return replace(case, lines=case.lines[:-3])


@corrupts(Fault.TAIL_CUT, Fault.EXPORT_MALFORMED)
def tail_cut_within_a_line(case: Case) -> Case:
    return replace(case, lines=[*case.lines[:-1], case.lines[-1][:50]])


@corrupts(Fault.TAIL_CUT)
def everything_cut_but_the_header(case: Case) -> Case:
    return replace(case, lines=case.lines[:1])


@corrupts(Fault.TAIL_CUT)
async def tail_cut_at_an_earlier_checkpoint(case: Case) -> Case:
    return replace(case, lines=await (await log_until(3)).export())


@corrupts(Fault.HISTORY_REPLACED)
async def older_copy_put_back_and_written_on(case: Case) -> Case:
    return replace(case, lines=await (await log_with_another_end()).export())


@corrupts(Fault.CHECKPOINT_CONFLICT)
async def older_copy_put_back_and_its_checkpoints_kept_too(case: Case) -> Case:
    other = await log_with_another_end()
    return Case(await other.export(), [*case.notes, *other.notes[3:]])


@corrupts(Fault.CHECKPOINT_CONFLICT, Fault.CHECKPOINT_MISSING)
async def checkpoint_replaced_by_one_of_another_history(case: Case) -> Case:
    other = await log_with_another_end()
    return replace(case, notes=[*case.notes[:4], other.notes[4], *case.notes[5:]])


@corrupts(Fault.CHECKPOINT_MISSING)
def first_checkpoint_removed(case: Case) -> Case:
    return replace(case, notes=case.notes[1:])


@corrupts(Fault.CHECKPOINT_MISSING)
def checkpoint_removed(case: Case) -> Case:
    return replace(case, notes=[*case.notes[:2], *case.notes[3:]])


@corrupts(Fault.CHECKPOINT_MISSING)
def newest_checkpoint_removed(case: Case) -> Case:
    return replace(case, notes=case.notes[:-1])


@corrupts(Fault.CHECKPOINT_MISSING)
def all_checkpoints_removed(case: Case) -> Case:
    return replace(case, notes=[])


@corrupts(Fault.CHECKPOINT_MISSING)
def empty_export_of_a_log_that_has_no_checkpoints(case: Case) -> Case:
    return replace(case, lines=[line_bytes(Header("raas.example/other", 0, 0))])


@corrupts(Fault.CHECKPOINT_INVALID)
def checkpoint_altered(case: Case) -> Case:
    note = case.notes[2].replace(b"number 3", b"number 4")
    return replace(case, notes=[*case.notes[:2], note, *case.notes[3:]])


@corrupts(Fault.CHECKPOINT_INVALID)
def checkpoint_without_signature(case: Case) -> Case:
    note = case.notes[2].split("—".encode())[0]
    return replace(case, notes=[*case.notes[:2], note, *case.notes[3:]])


@corrupts(Fault.EXPORT_MALFORMED)
def header_that_names_a_removal_of_nothing(case: Case) -> Case:
    return replace(case, lines=[line_bytes(replace(header_of(case), first_checkpoint=7)), *case.lines[1:]])


@corrupts(Fault.CRITERIA_ALTERED)
def search_criteria_altered(case: Case) -> Case:
    leaf = next(n for n, line in enumerate(every_record(case)) if line.criteria is not None)
    line = record_at(case, leaf)
    assert line.criteria is not None
    return with_lines(case, {leaf: replace(line, criteria=replace(line.criteria, content='{"a":1}'))})


async def case_of_removed_months() -> Case:
    """An export in which records were removed: whole checkpoints, and single records after them."""
    log = await full_log()
    log.store.remove_before(START + 2 * MINUTE + 15_000)
    return Case(await log.export(), log.notes)


async def log_until(checkpoint: int) -> SampleLog:
    """The log as it was at a checkpoint."""
    log = await full_log(checkpoint)
    assert len(log.notes) == checkpoint
    return log


async def log_with_another_end() -> SampleLog:
    """The log as it was at checkpoint 3, written on with other records: six checkpoints, all well signed."""
    log = await log_until(3)
    for _ in range(3):
        log.record(FIRST, outcome="OTHER")
        for revision in range(15, 20):
            write(log, revision)
        await log.checkpoint()
    return log
