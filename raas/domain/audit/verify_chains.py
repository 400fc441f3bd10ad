"""Verification of the chains of an export: which record was altered, exchanged, left out or added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from raas.domain.audit.chain import ChainState, chains_root, entry_hash, is_seal, new_chain
from raas.domain.audit.export import ChainLine, RecordLine, RemovedLine
from raas.domain.audit.findings import Fault, Finding, missing_records

_COMPARED = 100
"""Altered records among which exchanged ones are looked for."""


@dataclass(frozen=True, slots=True)
class _Altered:
    line: RecordLine
    previous: bytes


class FollowedChains:
    """All open chains of a log, followed record by record."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._open: dict[str, ChainState] = {}
        self._computed: dict[str, bytes] = {}
        """The computed head of a chain whose last record was altered, in its text or in its stored hash."""
        self._sealed: set[str] = set()
        self._altered: list[_Altered] = []
        self._sound = True

    def begin(self, line: ChainLine) -> bool:
        """Take up a chain in the state before the first exported record; False = names do not ascend."""
        ascends = next(reversed(self._open), "").encode() < line.chain.encode()
        self._open[line.chain] = ChainState(line.chain, line.length, line.head)
        return ascends

    def equal(self, count: int, root: bytes) -> bool:
        """Whether the open chains have this number and this root over them.

        True without a look once a record was wrong: that has been named.
        """
        return not self._sound or (count == len(self._open) and root == chains_root(self._open.values()))

    def follow(self, line: RecordLine | RemovedLine) -> Iterator[Finding]:
        """Everything that is wrong with this record, which comes next."""
        for finding in self._follow(line):
            self._sound = False
            yield finding

    def _follow(self, line: RecordLine | RemovedLine) -> Iterator[Finding]:
        name, index = line.chain, line.index
        state = self._open.get(name) or new_chain(self._origin, name)
        if name in self._sealed:
            yield _finding(Fault.RECORD_INVENTED, f"a record after the seal of chain {name}", line)
        elif index > state.length + 1:
            text = missing_records(state.length + 1, index - 1, f"chain {name}")
            yield _finding(Fault.RECORD_MISSING, text, line)
        elif index <= state.length:
            yield _finding(Fault.RECORD_INVENTED, f"a second record {index} of chain {name}", line)
        if isinstance(line, RecordLine):
            seal = len(line.texts) > 1 and is_seal(line.texts)
            yield from self._verify(line, state if index <= state.length + 1 else None)
        else:
            seal = line.seal
        if seal:
            self._sealed.add(name)
            self._open.pop(name, None)
        else:
            self._open[name] = ChainState(name, index, line.hash)

    def _verify(self, line: RecordLine, state: ChainState | None) -> Iterator[Finding]:
        """`state` is None where the record before is missing: the hash cannot be computed."""
        if line.criteria is not None and line.texts[20:21] != (line.criteria.hash.hex(),):
            yield _finding(Fault.CRITERIA_ALTERED, f"{_named(line)}: not the criteria of its hash", line)
        alternative = self._computed.pop(line.chain, None)
        try:
            computed = entry_hash(b"" if state is None else state.head, line.chain, line.index, line.texts)
        except ValueError as error:
            yield _finding(Fault.RECORD_ALTERED, f"{_named(line)}: {error}", line)
            return
        if state is None or computed == line.hash:
            return
        if alternative and entry_hash(alternative, line.chain, line.index, line.texts) == line.hash:
            return  # the stored hash of the record before was altered, and is named already
        self._computed[line.chain] = computed
        for other in self._altered:
            if self._exchanged(other, line):
                text = f"{_named(other.line)} and {_named(line)} were exchanged"
                yield _finding(Fault.RECORDS_SWAPPED, text, line)
                return
        if len(self._altered) < _COMPARED:
            self._altered.append(_Altered(line, state.head))
        yield _finding(Fault.RECORD_ALTERED, f"{_named(line)} is not as it was recorded", line)

    @staticmethod
    def _exchanged(earlier: _Altered, line: RecordLine) -> bool:
        at = earlier.line
        return entry_hash(earlier.previous, at.chain, at.index, line.texts) in (at.hash, line.hash)


def _named(line: RecordLine) -> str:
    call = f" (call {line.texts[3]})" if len(line.texts) > 3 and line.texts[3] else ""
    return f"record {line.index} of chain {line.chain}{call}"


def _finding(fault: Fault, text: str, line: RecordLine | RemovedLine) -> Finding:
    return Finding(fault, text, line.leaf, line.chain, line.index)
