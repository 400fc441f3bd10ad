"""The jobs of Inscribe, Remove and ApplyBatch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Sequence, Set

from raas.concurrency.slices import slices
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.mutation import Stamp
from raas.domain.registers.operation import Action, Operation
from raas.usecases.calls.audit.call_audit import write_record
from raas.usecases.calls.audit.scope import AuditScope
from raas.usecases.calls.call import Call
from raas.usecases.calls.successors import final_niss
from raas.usecases.ports.write_store import AnsweredRequest, DossierKey, DossierTypes, ImportKey, RequestKey
from raas.usecases.writes.results import Applied, BatchAnswer, Notice, Rejected, fitting
from raas.usecases.writes.stored_answer import encode_answer
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork

_SLICE = 250
"""Operations applied before other tasks run: a few milliseconds."""


class OperationsJob(ABC):
    """Operations of one call."""

    background = False
    requests: Sequence[RequestKey] = ()
    import_key: ImportKey | None = None
    changes_partner_of: str | None = None

    def __init__(
        self,
        operations: Sequence[Operation],
        persons: Persons,
        stamp: Stamp,
        deadline: float,
        call: Call | None = None,
    ) -> None:
        self._call = call
        self.recorded: AuditScope | None = None
        self.size = len(operations)
        self.operations = operations
        self.persons = persons
        self.deadline = deadline
        self._stamp = stamp

    @property
    def malformed(self) -> bool:
        """Whether one of the operations can never be applied."""
        return any(operation.violations for operation in self.operations)

    def codes(self) -> Set[str]:
        """The codes of the dossier types that it names."""
        return {o.dossier_type for o in self.operations if o.dossier_type is not None}

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers that it touches."""
        return dossier_keys(self.operations, self.persons, types)

    @abstractmethod
    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, BatchAnswer]:
        """Apply the operations."""

    def record(self, unit_of_work: RegisterUnitOfWork, answer: BatchAnswer | None) -> None:
        """Keep the audit record; None = the request was answered before."""
        call = self._call
        if call is None:
            return
        touched = [operation.niss for operation in self.operations if operation.niss is not None]
        register = unit_of_work.loaded.register
        if answer is None:
            persons = unit_of_work.loaded.persons if self.persons is None else self.persons
            finals, again = [final_niss(niss, persons) for niss in touched], {"answered_before": True}
            record = write_record(call, register, touched, finals, unit_of_work.revision, again)
        else:
            shown = [result.niss for result in answer.results if isinstance(result, Applied)]
            record = write_record(call, register, touched, shown, answer.revision)
        self.recorded = call.audit if unit_of_work.record(record) else None

    def _apply(self, unit_of_work: RegisterUnitOfWork, operation: Operation) -> Applied:
        entry = unit_of_work.apply(operation, self.persons, self._stamp)
        code = operation.dossier_type or ""
        dossier_type = unit_of_work.dossier_type(code)
        followed = operation.niss if operation.niss != entry.niss else None
        return Applied(
            entry.niss,
            followed,
            code,
            dossier_type.partner if dossier_type else None,
            entry.change.outcome,
            entry.change.after,
            entry.change.gone,
            entry.dossier_revision,
            entry.revision,
            _notices(operation, followed, unit_of_work.person(operation.niss, self.persons)),
        )


class SingleJob(OperationsJob):
    """One operation: a refusal has its own field paths."""

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, BatchAnswer]:
        """Apply the operation."""
        (operation,) = self.operations
        applied = self._apply(unit_of_work, operation)
        yield from ()
        answer = BatchAnswer((applied,), unit_of_work.revision)
        self.record(unit_of_work, answer)
        return answer


class BatchJob(OperationsJob):
    """Operations of which all are applied, or none; the refusals of all of them are collected.

    `keep_rejected`: answer the rejected ones beside the others instead of refusing; for validate_only.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        persons: Persons,
        stamp: Stamp,
        deadline: float,
        call: Call | None = None,
        *,
        keep_rejected: bool,
    ) -> None:
        super().__init__(operations, persons, stamp, deadline, call)
        self._keep_rejected = keep_rejected

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, BatchAnswer]:
        """Apply them in order, each to the result of the previous ones."""
        savepoint = unit_of_work.savepoint()
        results: list[Applied | Rejected] = []
        violations: list[Violation] = []
        for some in slices(self.operations, _SLICE):
            for operation in some:
                try:
                    results.append(self._apply(unit_of_work, operation))
                except Refused as refused:
                    place = f"operations[{len(results)}]"
                    violations.extend(violation.below(place) for violation in refused.violations)
                    results.append(Rejected(refused.violations))
            yield False
        if violations and not self._keep_rejected:
            raise Refused(violations)
        answer = fitting(results, unit_of_work.revision)
        unit_of_work.bind(savepoint)
        self.record(unit_of_work, answer)
        return answer


class OncePerRequestId:
    """Another job, applied once per request id; afterwards the stored answer is given again.

    `keys` are those under which the answer may be stored; the first one is used to store it. A refusal is
    not stored. The caller compares the stored request with its own, after the transaction.
    """

    changes_partner_of: str | None = None

    def __init__(self, job: OperationsJob, keys: Sequence[RequestKey], fingerprint: bytes) -> None:
        self._job = job
        self._fingerprint = fingerprint
        self.requests = keys
        self.import_key: ImportKey | None = None
        self.background = job.background
        self.size = job.size
        self.deadline = job.deadline
        self.persons = job.persons

    def codes(self) -> Set[str]:
        """The codes of the dossier types that the job names."""
        return self._job.codes()

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers that the job touches."""
        return self._job.keys(types)

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, BatchAnswer | AnsweredRequest]:
        """Answer the stored request with this id, if any; else apply the job and store its answer."""
        for key in self.requests:
            known = unit_of_work.idempotency.answered(key)
            if known is not None:
                self._job.record(unit_of_work, None)
                return known
        answer = yield from self._job.apply(unit_of_work)
        stored = AnsweredRequest(self._fingerprint, encode_answer(answer))
        unit_of_work.idempotency.remember(self.requests[0], stored)
        return answer

    @property
    def recorded(self) -> AuditScope | None:
        """The audit scope of a call that the transaction records as answered."""
        return self._job.recorded


def dossier_keys(
    operations: Iterable[Operation], persons: Persons, types: DossierTypes
) -> Sequence[DossierKey]:
    """The dossiers that these operations touch, as far as they can be known."""
    by_code, states = types.by_code, persons or {}
    keys: list[DossierKey] = []
    for operation in operations:
        entry = by_code.get(operation.dossier_type or "")
        if operation.niss is not None and (entry is not None or persons is None):
            # If the store is the authentic source, it loads the number also where the type is unknown (0).
            keys.append((final_niss(operation.niss, states), entry[0] if entry else 0))
    return keys


def _notices(operation: Operation, followed: Niss | None, person: PersonState | None) -> tuple[Notice, ...]:
    """The notices of an operation that is not refused."""
    notices = []
    if followed is not None:
        notices.append(Notice(Reason.NISS_REPLACED, "niss", "NOTICE_NISS_FOLLOWED"))
    if person is not None and operation.action is Action.INSCRIBE:
        if person.deceased:
            notices.append(Notice(Reason.PERSON_DECEASED, "niss", "PERSON_DECEASED"))
        if person.born is not None and operation.period and operation.period.begin < person.born:
            notices.append(Notice(Reason.PERIOD_BEFORE_BIRTH, "period.begin", "PERIOD_BEFORE_BIRTH"))
    return tuple(notices)
