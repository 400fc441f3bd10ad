"""Verification of an export of the audit against checkpoints kept elsewhere.

One pass over the records, of which none is kept in memory; the checkpoints take about 600 bytes each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from raas.domain.audit.export import (
    ChainLine,
    ExportInvalid,
    Header,
    Line,
    RecordLine,
    RemovedLine,
    SubtreeLine,
    parse_line,
)
from raas.domain.audit.findings import Fault, Finding, Verification, missing_records
from raas.domain.audit.key_history import KeyHistory
from raas.domain.audit.merkle import leaf_hash
from raas.domain.audit.verify_chains import FollowedChains
from raas.domain.audit.verify_checkpoints import KeptCheckpoint, SignatureCheck, verify_checkpoints
from raas.domain.audit.verify_tree import FollowedTree

MAX_FINDINGS = 1_000
"""Further findings are not kept."""
EDGE_OF_REMOVAL = 86_400_000_000
"""Microseconds: records removed one by one are covered by a checkpoint at most this much later than the last
one of which all records were removed."""


def verify_export(
    lines: Iterable[bytes],
    notes: Mapping[str, bytes],
    keys: KeyHistory,
    check: SignatureCheck,
    *,
    until: int | None = None,
) -> Verification:
    """Verify the lines of an export (each with its line feed) against the checkpoints in `notes`, by name.

    The export must reach the newest of them. `until` leaves aside those with a higher number, to verify an
    export that is older than they are.
    """
    source = iter(lines)
    try:
        header = _parse(next(source, b""))
    except ExportInvalid as invalid:
        return _unreadable(f"line 1 is {invalid}")
    if not isinstance(header, Header):
        return _unreadable("line 1 is no header")
    kept = verify_checkpoints(notes, keys, check, header.origin)
    checkpoints = [each for each in kept.checkpoints if until is None or each.checkpoint.number <= until]
    findings = [
        each for each in kept.findings if until is None or each.checkpoint is None or each.checkpoint <= until
    ]
    run = _Run(header, checkpoints, notes)

    def keep(more: Iterable[Finding]) -> None:
        findings.extend(each for each in more if len(findings) < MAX_FINDINGS)

    keep(run.begin())
    for number, data in enumerate(source, 2):
        try:
            keep(run.take(_parse(data)))
        except ExportInvalid as invalid:
            keep([Finding(Fault.EXPORT_MALFORMED, f"line {number} is {invalid}")])
    keep(run.end())
    proven = run.tree.proven
    return Verification(
        tuple(findings),
        header.origin,
        run.records,
        run.removed,
        run.removed_until,
        len(checkpoints),
        0 if proven is None else proven.size,
        None if proven is None else proven.time,
        tuple(kept.other_origins),
    )


def _parse(data: bytes) -> Line:
    if not data.endswith(b"\n"):
        raise ExportInvalid("cut off")
    return parse_line(data[:-1])


def _unreadable(text: str) -> Verification:
    return Verification((Finding(Fault.EXPORT_MALFORMED, text),))


class _Run:
    """One pass over the lines of an export."""

    def __init__(
        self, header: Header, checkpoints: Sequence[KeptCheckpoint], notes: Mapping[str, bytes]
    ) -> None:
        self.tree = FollowedTree(checkpoints, notes)
        self.records = self.removed = 0
        self._begun = False
        self._header = header
        self._checkpoints = {each.checkpoint.number: each.checkpoint for each in checkpoints}
        self._chains = FollowedChains(header.origin)
        self._missing: set[int] = set()

    @property
    def removed_until(self) -> int | None:
        """The time of the last checkpoint of which all records were removed."""
        last_whole = self._checkpoints.get(self._header.first_checkpoint)
        return None if last_whole is None else last_whole.time

    def begin(self) -> Iterator[Finding]:
        header = self._header
        newest = max(self._checkpoints, default=0)
        for number in range(newest + 1, min(header.checkpoint, newest + MAX_FINDINGS) + 1):
            text = f"checkpoint {number} is missing: the log is exported through {header.checkpoint}"
            yield Finding(Fault.CHECKPOINT_MISSING, text, checkpoint=number)
        if newest > header.checkpoint:
            text = (
                f"the log ends at checkpoint {header.checkpoint} with {header.size} records, but checkpoint "
                f"{newest} covers {self._checkpoints[newest].size}: the newest records were removed, or an "
                "older copy was put back"
            )
            yield Finding(Fault.TAIL_CUT, text, leaf=header.size, checkpoint=newest)
        yield from self._header_fits(header.checkpoint, header.size)
        if header.first or header.first_checkpoint:
            yield from self._header_fits(header.first_checkpoint, header.first)
            if not header.first or not 0 < header.first_checkpoint <= header.checkpoint:
                yield Finding(Fault.EXPORT_MALFORMED, "the header contradicts itself about removed records")

    def _header_fits(self, number: int, size: int) -> Iterator[Finding]:
        checkpoint = self._checkpoints.get(number)
        if checkpoint is not None and checkpoint.size != size:
            text = f"the header says {size} records at checkpoint {number}, which covers {checkpoint.size}"
            yield Finding(Fault.EXPORT_MALFORMED, text, checkpoint=number)
        if number == 0 and size:
            yield Finding(Fault.EXPORT_MALFORMED, "the header names no checkpoint")

    def take(self, line: Line) -> Iterator[Finding]:
        """Everything that is wrong with the next line."""
        match line:
            case Header():
                raise ExportInvalid("a second header")
            case SubtreeLine():
                self._take_subtree(line)
            case ChainLine():
                if not 0 < self.tree.leaf == self._header.first or self._begun:
                    raise ExportInvalid("the state of a chain after the first record")
                if not self._chains.begin(line):
                    raise ExportInvalid("the state of a chain out of order")
            case RecordLine() | RemovedLine():
                yield from self._take_record(line)

    def end(self) -> Iterator[Finding]:
        """Everything that is wrong after the last line."""
        size = self._header.size
        yield from self.tree.compare(self._chains.equal)
        if self.tree.leaf < size:
            first = self.tree.leaf
            text = f"records {first} to {size - 1}, the newest of the log, are missing"
            yield Finding(Fault.TAIL_CUT, text, leaf=first)

    def _take_subtree(self, line: SubtreeLine) -> None:
        if self._begun or self.tree.leaf + (1 << line.level) > self._header.first:
            raise ExportInvalid("a subtree where records begin")
        try:
            self.tree.append_subtree(line.level, line.hash)
        except ValueError:
            raise ExportInvalid("a subtree that does not begin there") from None
        self.removed += 1 << line.level

    def _take_record(self, line: RecordLine | RemovedLine) -> Iterator[Finding]:
        if not self._begun:
            self._begun = True
            yield from self._skip_to(self._header.first)
        yield from self.tree.compare(self._chains.equal)
        if not self.tree.leaf <= line.leaf < self._header.size:
            if line.leaf in self._missing:
                fault, text = Fault.RECORDS_SWAPPED, f"record {line.leaf} of the log stands after a later one"
            else:
                fault, text = Fault.RECORD_INVENTED, f"a further record {line.leaf} of the log"
            yield Finding(fault, text, line.leaf, line.chain, line.index)
            return
        yield from self._skip_to(line.leaf)
        if isinstance(line, RemovedLine):
            self.removed += 1
            if not self._may_be_removed():
                text = f"record {line.leaf} of the log was removed without its month"
                yield Finding(Fault.RECORD_MISSING, text, line.leaf, line.chain, line.index)
        else:
            self.records += 1
        yield from self._chains.follow(line)
        self.tree.append(leaf_hash(line.hash))

    def _skip_to(self, leaf: int) -> Iterator[Finding]:
        first = self.tree.leaf
        if first >= leaf:
            return
        yield Finding(Fault.RECORD_MISSING, missing_records(first, leaf - 1, "the log"), first)
        self._missing.update(range(first, min(leaf, first + MAX_FINDINGS)))
        self.tree.skip_to(leaf)
        yield from self.tree.compare(self._chains.equal)

    def _may_be_removed(self) -> bool:
        until, covering = self.removed_until, self.tree.covering()
        return until is not None and covering is not None and covering.time <= until + EDGE_OF_REMOVAL
