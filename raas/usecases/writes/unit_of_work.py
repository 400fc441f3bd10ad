"""The state of a register while one write transaction is prepared in memory.

It begins with the state that the store loaded under the lock, applies operations one after the other, and is
written as `WriteSet`. Nothing here waits, and nothing is shared between transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from raas.domain.audit.record import AuditRecord
from raas.domain.calendar.day import BEGINNING
from raas.domain.calendar.periods import Lines, Period
from raas.domain.errors import Reason, refuse
from raas.domain.json_value import JsonObject
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.status import PersonState
from raas.domain.registers.dossier import Change, inscribe, remove
from raas.domain.registers.dossier_type import DossierType
from raas.domain.registers.mutation import MutationKind, Stamp, lines_text
from raas.domain.registers.operation import Action, Operation
from raas.domain.registers.retention import expired_lines
from raas.domain.registers.shares import Share, Shares, forget_days, inscribe_share, remove_share
from raas.usecases.ports.audit.chains import ChainedRecord, follow
from raas.usecases.ports.write_store import DossierKey, DossierTypes, LoadedState, NewMutation, WriteSet
from raas.usecases.writes.idempotency import IdempotencyRecords
from raas.usecases.writes.pending_log import PendingLog
from raas.usecases.writes.validation import dossier_key

Persons = Mapping[Niss, PersonState] | None
"""The states of the numbers, from the authentic source; None = the store loads them under the lock."""


# Not frozen, which would make them five times as slow: one or two are made for every row of an import.


@dataclass(slots=True)
class DossierDraft:
    """A dossier in the unit of work: its lines, their text and its last mutation."""

    lines: Lines
    text: str
    revision: int


@dataclass(slots=True)
class Entry:
    """The effect of one operation; `niss` is the number whose dossier it changed."""

    change: Change
    niss: Niss
    dossier_revision: int
    revision: int


class Savepoint(NamedTuple):
    """A point to go back to."""

    mutations: int
    undo_length: int
    dossier_count_change: int
    shares: Mapping[DossierKey, Shares]


_NO_DRAFT = DossierDraft((), "{}", 0)
_INSCRIBE, _INSCRIBED, _REMOVED = Action.INSCRIBE, MutationKind.INSCRIBED, MutationKind.REMOVED


class RegisterUnitOfWork:
    """Applies operations to the loaded state; `savepoint` and `rollback_to` make groups of them atomic."""

    def __init__(self, loaded: LoadedState, types: DossierTypes, max_lines: int) -> None:
        self.loaded = loaded
        self.max_lines = max_lines
        """The most lines that an operation may leave in a dossier."""
        self._by_code = dict(types.by_code)
        self._type_code = {id_: t.code for id_, t in types.by_id.items()}
        self._drafts: dict[DossierKey, DossierDraft] = {}
        self._changed: dict[DossierKey, DossierDraft] = {}
        self._taken_revision = loaded.revision
        self._undo: list[tuple[DossierKey, DossierDraft]] = []
        self._log = PendingLog(loaded)
        self._dossier_count_change = 0
        self.lines_handled = 0
        """Lines read and written so far; the work of the store is proportional to them."""
        self._shares: dict[DossierKey, Shares] = {}
        self._types: dict[str, DossierType] = {}
        self.idempotency = IdempotencyRecords(loaded)
        self._chain = loaded.audit
        self._records: list[ChainedRecord] = []

    @property
    def not_taken(self) -> int:
        """The number of mutations that were not taken yet."""
        return len(self._log.mutations)

    @property
    def types_revision(self) -> int:
        """The revision of the last change of a dossier type among the mutations taken."""
        return self._log.types_revision

    @property
    def checksum(self) -> bytes:
        """The checksum of the last mutation that was taken."""
        return self._log.checksum

    @property
    def revision(self) -> int:
        """The revision of the register after all that was applied."""
        return self._log.revision

    @property
    def pending_numbers(self) -> set[Niss]:
        """The numbers of the mutations that were not taken yet."""
        return {mutation.niss for mutation in self._log.mutations if mutation.niss is not None}

    # ---- audit ----------------------------------------------------------------------------------

    def record(self, record: AuditRecord | None) -> bool:
        """Keep an audit record with the changes of its job; returns whether the register keeps records.

        Not undone by `rollback_to`. Raises Refused AUDIT_UNAVAILABLE for one that is too large.
        """
        if record is None or self._chain is None:
            return False
        try:
            self._chain, chained = follow(self._chain, ((record, None),))
        except ValueError:
            raise refuse(Reason.AUDIT_UNAVAILABLE) from None
        self._records += chained
        return True

    # ---- dossiers -------------------------------------------------------------------------------

    def apply(self, operation: Operation, persons: Persons, stamp: Stamp) -> Entry:
        """Apply one operation; `persons` None = those that the store loaded.

        Raises Refused with all its violations, of shape and of state; then nothing changed.
        """
        key = dossier_key(
            operation, self.loaded.persons if persons is None else persons, self._by_code, self.lines
        )
        niss, draft, period = key[0], self._draft(key), operation.period
        if operation.action is _INSCRIBE:
            assert period is not None
            kind, change = _INSCRIBED, inscribe(draft.lines, period, self.max_lines)
        else:
            kind, change = _REMOVED, remove(draft.lines, period, self.max_lines)
        requested = operation.niss if operation.niss != niss else None
        if requested is not None or key in self.loaded.shares or key in self._shares:
            self._share(key, draft.lines, operation)
        if not change.changed:
            return Entry(change, niss, draft.revision, self._log.revision)
        revision = self._record(kind, key, change.after, requested, stamp)
        return Entry(change, niss, revision, revision)

    def _share(self, key: DossierKey, before: Lines, operation: Operation) -> None:
        """Record which number brought the days, even if the dossier stays the same."""
        shares = self.shares(key) or {key[0]: Share(before)}
        asked = operation.niss if operation.niss is not None else key[0]
        if operation.action is _INSCRIBE and operation.period is not None:
            self._shares[key] = inscribe_share(shares, asked, operation.period)
        else:
            self._shares[key] = remove_share(shares, asked, operation.period)

    def expire(self, key: DossierKey, first_kept: int, stamp: Stamp) -> Lines:
        """Remove the lines of a dossier whose last day lies before `first_kept`; returns them.

        One mutation, if there are any. Unlike a removal, it is no statement about the person: the shares of
        all numbers lose the days, and none is kept as inseparable.
        """
        draft = self._draft(key)
        expired = expired_lines(draft.lines, first_kept)
        if expired:
            period = Period(BEGINNING, expired[-1].end)
            if shares := self.shares(key):
                self._shares[key] = forget_days(shares, period)
            self._record(_REMOVED, key, draft.lines[len(expired) :], None, stamp)
        return expired

    def person(self, niss: Niss | None, persons: Persons) -> PersonState | None:
        """The state of a number; None = unknown."""
        return None if niss is None else (self.loaded.persons if persons is None else persons).get(niss)

    def shares(self, key: DossierKey) -> Shares:
        """The shares of a dossier; empty = it unites no numbers."""
        shares = self._shares.get(key)
        return self.loaded.shares.get(key, {}) if shares is None else shares

    def lines(self, key: DossierKey) -> Lines:
        """The lines of a dossier as they now are."""
        return self._draft(key).lines

    def last_revision(self, key: DossierKey) -> int:
        """The last mutation of a dossier (0 = none)."""
        return self._draft(key).revision

    def types_of(self, niss: Niss) -> list[int]:
        """Ids of the types under which dossiers of this number are, or were, known here, ascending."""
        keys = (*self.loaded.dossiers, *self.loaded.shares, *self._drafts, *self._shares)
        return sorted({type_id for number, type_id in keys if number == niss})

    def transfer(
        self,
        kind: MutationKind,
        old: Niss,
        new: Niss,
        type_id: int,
        after: tuple[Lines, Lines],
        shares: tuple[Shares, Shares],
        stamp: Stamp,
    ) -> None:
        """Move days between the dossiers of two numbers: the pair of mutations of a replacement.

        The first one records the dossier of `old`, the second one that of `new`, even if its lines stay the
        same; no resume point lies between them.
        """
        savepoint = self.savepoint()
        detail = {"replaced_niss": niss_text(old), "successor_niss": niss_text(new)}
        for niss, lines, kept in zip((old, new), after, shares, strict=True):
            self._record(kind, (niss, type_id), lines, None, stamp, detail)
            if kept or self.shares((niss, type_id)):
                self._shares[niss, type_id] = kept
        self.bind(savepoint)

    def news(
        self,
        kind: MutationKind,
        niss: Niss | None,
        codes: tuple[str, ...],
        stamp: Stamp,
        detail: JsonObject | None = None,
        content_id: int | None = None,
    ) -> None:
        """Record news about a person, or (None) about the register: no dossier changes.

        `codes` are the types concerned.
        """
        revision = self.revision + 1
        self._log.append(
            NewMutation(
                revision, revision, 0, kind, niss, None, None, "{}", "{}", stamp, detail, codes, content_id
            )
        )

    def _record(
        self,
        kind: MutationKind,
        key: DossierKey,
        lines: Lines,
        requested: Niss | None,
        stamp: Stamp,
        detail: JsonObject | None = None,
    ) -> int:
        """Write the new lines of a dossier into the log; returns the revision."""
        draft = self._draft(key)
        niss, type_id = key
        revision = self._log.revision + 1
        after = DossierDraft(lines, lines_text(lines), revision)
        self._log.append(
            NewMutation(
                revision,
                revision,
                draft.revision,
                kind,
                niss,
                requested,
                type_id,
                draft.text,
                after.text,
                stamp,
                detail,
            )
        )
        self._undo.append((key, draft))
        self._drafts[key] = after
        self._changed[key] = after
        self._dossier_count_change += (not draft.lines) - (not lines)
        self.lines_handled += len(draft.lines) + len(lines)
        return revision

    def _draft(self, key: DossierKey) -> DossierDraft:
        draft = self._drafts.get(key)
        if draft is None:
            state = self.loaded.dossiers.get(key)
            draft = (
                _NO_DRAFT
                if state is None
                else DossierDraft(state.lines, lines_text(state.lines), state.revision)
            )
            self._drafts[key] = draft
        return draft

    # ---- dossier types --------------------------------------------------------------------------

    def dossier_type(self, code: str) -> DossierType | None:
        """The dossier type as it now stands."""
        entry = self._by_code.get(code)
        return self._types.get(code) or (entry[1] if entry else None)

    def is_in_use(self, code: str) -> bool:
        """Whether a dossier type has, or had, dossiers; known for types whose partner a job changes."""
        entry = self._by_code.get(code)
        if entry is None:
            return False
        type_id = entry[0]
        return type_id in self.loaded.types_in_use or any(
            key[1] == type_id and draft.revision for key, draft in self._drafts.items()
        )

    def code_of(self, type_id: int) -> str:
        """The code of a dossier type by its id."""
        return self._type_code[type_id]

    def put_dossier_type(self, after: DossierType, detail: JsonObject, stamp: Stamp) -> int:
        """Create or change a dossier type; returns the revision that records it.

        A type created here gets its id from the store at the commit: operations know it from the next
        transaction on. `rollback_to` does not take it back, so it comes last in its job, after the record.
        """
        revision = self.revision + 1
        kind = MutationKind.DOSSIER_TYPE_CHANGED
        self._log.append(
            NewMutation(
                revision, revision, 0, kind, None, None, None, "{}", "{}", stamp, detail, (after.code,)
            )
        )
        self._types[after.code] = after
        return revision

    # ---- groups ---------------------------------------------------------------------------------

    def savepoint(self) -> Savepoint:
        """A point to go back to."""
        return Savepoint(
            len(self._log.mutations), len(self._undo), self._dossier_count_change, self._shares.copy()
        )

    def rollback_to(self, savepoint: Savepoint) -> None:
        """Undo the changes of dossiers and shares, and the mutations, since the savepoint.

        Not undone: dossier types, audit records, answers to request ids, import offsets with their rejected
        rows, and `lines_handled`. A job adds the first four last, after all that may still be refused.
        """
        while len(self._undo) > savepoint.undo_length:
            key, draft = self._undo.pop()
            self._drafts[key] = draft
            if draft.revision > self._taken_revision:
                self._changed[key] = draft
            else:
                self._changed.pop(key, None)
        self._log.forget(savepoint.mutations)
        self._dossier_count_change = savepoint.dossier_count_change
        self._shares = dict(savepoint.shares)

    def bind(self, savepoint: Savepoint) -> None:
        """Make the mutations since the savepoint one group: no resume point lies inside it."""
        self._log.bind(savepoint.mutations)

    def take(self) -> WriteSet | None:
        """The changes since they were last taken, checksums chained; None = there are none.

        Changes that were taken cannot be rolled back: take them between jobs, or where they will be kept.
        """
        idempotency = self.idempotency.take()
        changed = self._log.mutations or self._shares or idempotency.requests or idempotency.imports
        if not (changed or self._records):
            return None
        mutations = self._log.take(self.code_of)
        written = WriteSet(
            mutations,
            {key: (draft.text, draft.revision) for key, draft in self._changed.items()},
            self._dossier_count_change,
            self.loaded.record_time,
            self._log.checksum,
            self._log.types_revision,
            self._types,
            self._shares,
            *idempotency,
            self._records,
        )
        self._records = []
        self._forget_taken()
        return written

    def _forget_taken(self) -> None:
        """Begin the next part. Shares stay known: they are moved into the loaded state."""
        if self._shares:
            self.loaded = replace(self.loaded, shares={**self.loaded.shares, **self._shares})
        self._changed, self._shares, self._types, self._undo = {}, {}, {}, []
        self._taken_revision = self._log.revision
        self._dossier_count_change = 0
