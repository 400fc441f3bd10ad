"""The ledger: what a register holds while one write transaction is being prepared.

It starts from what the store loaded under the lock, applies elements one after the other in memory and
ends as `Written`. Nothing here waits and nothing is shared: one transaction, one ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from raas.domain.dossier import Change, inscribe, remove
from raas.domain.dossier_type import DossierType
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.mutation import (
    MutationKind,
    Stamp,
    canonical_detail,
    chained_checksum,
    lines_text,
    record_time_text,
    stamp_text,
)
from raas.domain.niss import Niss, niss_text
from raas.domain.operation import Action, Operation
from raas.domain.periods import Lines
from raas.domain.person import PersonState, PersonStatus
from raas.usecases.ports import (
    AnsweredRequest,
    DossierKey,
    DossierTypes,
    ImportKey,
    Loaded,
    NewMutation,
    RequestKey,
    Written,
)


class Sheet(NamedTuple):
    """A dossier in the ledger: its lines, their text and its last mutation."""

    lines: Lines
    text: str
    revision: int


class Entry(NamedTuple):
    """What one operation did: `niss` is the number it was carried to."""

    change: Change
    niss: Niss
    dossier_revision: int
    revision: int


class Mark(NamedTuple):
    """A point to go back to."""

    mutations: int
    undo: int
    dossier_count_change: int


_NO_SHEET = Sheet((), "{}", 0)


class Ledger:
    """Applies operations to the loaded state; `mark` and `undo` make a group of them all or nothing."""

    def __init__(self, loaded: Loaded, types: DossierTypes, max_lines: int) -> None:
        self.loaded = loaded
        self._max_lines = max_lines
        self._by_code = dict(types.by_code)
        self._type_code = {id_: t.code for id_, t in types.by_id.items()}
        self._sheets: dict[DossierKey, Sheet] = {}
        self._touched: dict[DossierKey, None] = {}
        self._undo: list[tuple[DossierKey, Sheet]] = []
        self._mutations: list[NewMutation] = []
        self._dossier_count_change = 0
        self.lines_handled = 0
        """Lines read and written so far: what the work in the store is proportional to."""
        self._types: dict[str, DossierType] = {}
        self._requests: dict[RequestKey, AnsweredRequest] = {}
        self._imports: dict[ImportKey, int] = {}
        self._rejections: list[tuple[ImportKey, int, tuple[Violation, ...]]] = []

    @property
    def revision(self) -> int:
        """The revision of the register after all that was applied."""
        return self.loaded.revision + len(self._mutations)

    # ---- dossiers -------------------------------------------------------------------------------

    def apply(self, operation: Operation, persons: Mapping[Niss, PersonState], stamp: Stamp) -> Entry:
        """Apply one operation.

        Raises Refused with all that is wrong with it, of shape and of state; then nothing changed.
        """
        niss, type_id = self._check(operation, persons)
        key = (niss, type_id)
        sheet = self._sheet(key)
        inscribes = operation.action is Action.INSCRIBE
        if inscribes:
            assert operation.period is not None  # noqa: S101 - _check refused it otherwise
            change = inscribe(sheet.lines, operation.period, self._max_lines)
        else:
            change = remove(sheet.lines, operation.period, self._max_lines)
        if not change.changed:
            return Entry(change, niss, sheet.revision, self.revision)
        self.lines_handled += len(change.before) + len(change.after)
        revision = self.revision + 1
        after = Sheet(change.after, lines_text(change.after), revision)
        self._mutations.append(
            NewMutation(
                revision,
                revision,
                sheet.revision,
                MutationKind.INSCRIBED if inscribes else MutationKind.REMOVED,
                niss,
                operation.niss if operation.niss != niss else None,
                type_id,
                sheet.text,
                after.text,
                stamp,
            )
        )
        self._undo.append((key, sheet))
        self._sheets[key] = after
        self._touched[key] = None
        self._dossier_count_change += (not sheet.lines) - (not after.lines)
        return Entry(change, niss, revision, revision)

    def _sheet(self, key: DossierKey) -> Sheet:
        sheet = self._sheets.get(key)
        if sheet is None:
            state = self.loaded.dossiers.get(key)
            sheet = (
                _NO_SHEET if state is None else Sheet(state.lines, lines_text(state.lines), state.revision)
            )
            self._sheets[key] = sheet
        return sheet

    def _check(self, operation: Operation, persons: Mapping[Niss, PersonState]) -> DossierKey:
        """The dossier that the operation is about; raises Refused with everything that is wrong."""
        violations = list(operation.violations)
        niss = operation.niss
        unknown = False
        inscribes = operation.action is Action.INSCRIBE
        if niss is not None:
            person = persons.get(niss)
            if person is None:
                unknown = True
            elif person.status is PersonStatus.REPLACED and person.successor is not None:
                if operation.refuse_replaced:
                    values = {"successor": niss_text(person.successor)}
                    violations.append(Violation("niss", Reason.NISS_REPLACED, values=values))
                niss = person.successor
            elif person.status is PersonStatus.CANCELLED and inscribes:
                violations.append(Violation("niss", Reason.NISS_CANCELLED))
        type_id = 0
        if operation.dossier_type is not None:
            entry = self._by_code.get(operation.dossier_type)
            if entry is None:
                violations.append(Violation("dossier_type", Reason.DOSSIER_TYPE_UNKNOWN))
            else:
                type_id, dossier_type = entry
                if inscribes and operation.period and not dossier_type.admits(operation.period.begin):
                    violations.append(dossier_type.closed("period.begin"))
        # What is registered under a number that nobody knows can still be removed.
        if unknown and (inscribes or niss is None or not self._sheet((niss, type_id)).lines):
            violations.insert(0, Violation("niss", Reason.NISS_UNKNOWN))
        if violations or niss is None:
            raise Refused(violations)
        return niss, type_id

    # ---- dossier types --------------------------------------------------------------------------

    def dossier_type(self, code: str) -> DossierType | None:
        """The dossier type as it now stands."""
        entry = self._by_code.get(code)
        return self._types.get(code) or (entry[1] if entry else None)

    def code_of(self, type_id: int) -> str:
        """The code of a dossier type by its id."""
        return self._type_code[type_id]

    def put_dossier_type(self, after: DossierType, detail: Mapping[str, Any], stamp: Stamp) -> int:
        """Create or change a dossier type; answers the revision that records it.

        A type created here gets its id from the store at the commit: operations know it from the next
        transaction on. `undo` does not take it back, so it comes last in its element.
        """
        revision = self.revision + 1
        kind = MutationKind.DOSSIER_TYPE_CHANGED
        self._mutations.append(
            NewMutation(
                revision, revision, 0, kind, None, None, None, "{}", "{}", stamp, detail, (after.code,)
            )
        )
        self._types[after.code] = after
        return revision

    # ---- requests and imports -------------------------------------------------------------------

    def answered(self, key: RequestKey) -> AnsweredRequest | None:
        """What this request id was answered, before or in this very transaction."""
        return self._requests.get(key) or self.loaded.requests.get(key)

    def remember(self, key: RequestKey, answered: AnsweredRequest) -> None:
        """Keep the answer for whoever repeats the request."""
        self._requests[key] = answered

    def import_offset(self, key: ImportKey) -> int:
        """The offset an import goes on from."""
        return self._imports.get(key, self.loaded.imports.get(key, 0))

    def advance_import(
        self, key: ImportKey, through: int, rejected: list[tuple[int, tuple[Violation, ...]]]
    ) -> None:
        """Keep how far an import came, and the rows that were skipped on the way."""
        self._imports[key] = through
        self._rejections.extend((key, offset, violations) for offset, violations in rejected)

    # ---- groups ---------------------------------------------------------------------------------

    def mark(self) -> Mark:
        """A point to go back to."""
        return Mark(len(self._mutations), len(self._undo), self._dossier_count_change)

    def undo(self, mark: Mark) -> None:
        """Forget everything that was applied since the mark."""
        while len(self._undo) > mark.undo:
            key, sheet = self._undo.pop()
            self._sheets[key] = sheet
        del self._mutations[mark.mutations :]
        self._dossier_count_change = mark.dossier_count_change

    def bind(self, mark: Mark) -> None:
        """Make what was applied since the mark one batch: no reader may stop inside it."""
        last = self.revision
        for mutation in self._mutations[mark.mutations :]:
            mutation.batch_last_revision = last

    def written(self) -> Written | None:
        """What to write, checksums chained; None when there is nothing to write."""
        if not (self._mutations or self._requests or self._imports):
            return None
        checksum, types_revision = self._chain()
        dossiers = {
            key: (sheet.text, sheet.revision)
            for key, sheet in ((key, self._sheets[key]) for key in self._touched)
            if sheet.revision > self.loaded.revision
        }
        return Written(
            self._mutations,
            dossiers,
            self._dossier_count_change,
            checksum,
            types_revision,
            self._types,
            self._requests,
            self._imports,
            self._rejections,
        )

    def _chain(self) -> tuple[bytes, int]:
        checksum, types_revision = self.loaded.checksum, self.loaded.types_revision
        record_time = record_time_text(self.loaded.record_time)
        stamps: dict[int, str] = {}
        for m in self._mutations:
            stamp = stamps.get(id(m.stamp))
            if stamp is None:
                stamp = stamps[id(m.stamp)] = stamp_text(m.stamp)
            checksum = m.checksum = chained_checksum(
                checksum,
                m.revision,
                m.batch_last_revision,
                m.kind.value,
                m.niss,
                m.requested_niss,
                "" if m.dossier_type_id is None else self._type_code[m.dossier_type_id],
                ",".join(m.dossier_types),
                m.before,
                m.after,
                record_time,
                stamp,
                canonical_detail(m.detail),
            )
            if m.kind is MutationKind.DOSSIER_TYPE_CHANGED:
                types_revision = m.revision
        return checksum, types_revision
