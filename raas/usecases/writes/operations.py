"""Inscribe, Remove and ApplyBatch: operations written at once, or tried without writing."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, replace

from raas.domain.errors import Reason, Refused, Violation, refuse
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState
from raas.domain.registers.operation import Action, Operation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.rate_limit import RateLimit
from raas.usecases.calls.successors import final_niss, states_of
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.persons import IdentitySource
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierKey,
    DossierTypes,
    ImportKey,
    LoadedState,
    LoadRequest,
    RequestKey,
    WriteStore,
)
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.claims import with_identity_violations
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.results import Applied, BatchAnswer, Notice, Rejected, fitting
from raas.usecases.writes.unit_of_work import Entry, Persons, RegisterUnitOfWork

_SLICE = 250
"""Operations applied before the event loop gets a turn: a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer given the first time to the same request id, as `Idempotency.encode` wrote it."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A request id, what was asked under it, and how its answer is written down."""

    request_id: str
    body_hash: bytes
    encode: Callable[[BatchAnswer], bytes]


class WriteOperations:
    """The verbs; every write goes through the lane of its register."""

    def __init__(
        self,
        write_queues: WriteQueues,
        store: WriteStore,
        source: AuthenticSource,
        identities: IdentitySource,
        limits: WriteLimits,
        guesses: RateLimit | None = None,
    ) -> None:
        self._write_queues = write_queues
        self._store = store
        self._source = source
        self._identities = identities
        self._limits = limits
        self._guesses = guesses

    async def single(
        self,
        call: Call,
        register: AdmittedRegister,
        operation: Operation,
        *,
        validate_only: bool,
        idempotency: Idempotency | None,
    ) -> BatchAnswer | Replayed:
        """One operation: one result, always Applied. Raises Refused with everything that is wrong."""
        (checked,) = await self._confronted(call, (operation,))
        return await self._run(call, register, _Single(checked), validate_only, idempotency)

    async def batch(
        self,
        call: Call,
        register: AdmittedRegister,
        operations: Sequence[Operation],
        *,
        validate_only: bool,
        idempotency: Idempotency | None,
    ) -> BatchAnswer | Replayed:
        """All operations in the order given, or none of them; their revisions are consecutive.

        Raises Refused with everything that is wrong in any of them, paths prefixed `operations[i].`;
        under validate_only every operation has a result instead, Applied or Rejected.
        """
        checked = await self._confronted(call, operations)
        return await self._run(call, register, _Batch(checked, validate_only), validate_only, idempotency)

    async def _confronted(self, call: Call, operations: Sequence[Operation]) -> Sequence[Operation]:
        return await with_identity_violations(call, operations, self._identities, self._guesses)

    async def _run(
        self,
        call: Call,
        register: AdmittedRegister,
        work: _Work,
        validate_only: bool,
        idempotency: Idempotency | None,
    ) -> BatchAnswer | Replayed:
        persons = await persons_of(self._source, work.operations)
        element = _WriteElement(call, work, persons, idempotency)
        if validate_only or work.malformed:
            # What can never be written does not queue; the state still adds what it finds wrong.
            return await self._try(register, element)
        answer: BatchAnswer | Replayed = await self._write_queues[register.id].submit(element)
        return answer

    async def _try(self, register: AdmittedRegister, element: _WriteElement) -> BatchAnswer:
        types = await self._store.dossier_types(register.id)
        wanted = LoadRequest(list(element.keys(types)), persons=element.persons is None)
        loaded = await self._store.snapshot(register.id, wanted)
        unit_of_work = RegisterUnitOfWork(loaded, types, self._limits.max_lines_per_dossier)
        return _as_of_now(_finish(element.work.apply(unit_of_work, element)), loaded, types)


class _Single:
    """One operation: refused as it is."""

    def __init__(self, operation: Operation) -> None:
        self.operations: Sequence[Operation] = (operation,)
        self.malformed = bool(operation.violations)

    def apply(
        self, unit_of_work: RegisterUnitOfWork, element: _WriteElement
    ) -> Generator[bool, None, BatchAnswer]:
        """Apply the operation."""
        applied = element.applied(unit_of_work, self.operations[0])
        yield from ()
        return BatchAnswer((applied,), unit_of_work.revision)


class _Batch:
    """Many operations: all or none, every refusal collected."""

    def __init__(self, operations: Sequence[Operation], keep_rejected: bool) -> None:
        self.operations = operations
        self.malformed = any(operation.violations for operation in operations)
        self._keep_rejected = keep_rejected

    def apply(
        self, unit_of_work: RegisterUnitOfWork, element: _WriteElement
    ) -> Generator[bool, None, BatchAnswer]:
        """Apply them in order; what one leaves is what the next one finds."""
        savepoint = unit_of_work.savepoint()
        results: list[Applied | Rejected] = []
        violations: list[Violation] = []
        for index, operation in enumerate(self.operations):
            try:
                results.append(element.applied(unit_of_work, operation))
            except Refused as refused:
                results.append(Rejected(refused.violations))
                violations.extend(v.below(f"operations[{index}]") for v in refused.violations)
            if index % _SLICE == _SLICE - 1:
                yield False
        if violations and not self._keep_rejected:
            raise Refused(violations)
        answer = fitting(results, unit_of_work.revision)
        unit_of_work.bind(savepoint)
        return answer


_Work = _Single | _Batch


class _WriteElement:
    """A call in the lane: answers a repeated request from memory, else does its work."""

    background = False
    import_key: ImportKey | None = None

    def __init__(
        self,
        call: Call,
        work: _Work,
        persons: Persons,
        idempotency: Idempotency | None,
    ) -> None:
        self.weight = len(work.operations)
        self.deadline = call.deadline
        self.work = work
        self.persons = persons
        self._idempotency = idempotency
        self._stamp = call.stamp(idempotency.request_id if idempotency else None)
        self.request: RequestKey | None = (
            (call.caller.enterprise_number, idempotency.request_id) if idempotency else None
        )

    def codes(self) -> Iterable[str]:
        """The codes of the dossier types it names."""
        return (o.dossier_type for o in self.work.operations if o.dossier_type is not None)

    def keys(self, types: DossierTypes) -> Iterable[DossierKey]:
        """The dossiers it touches."""
        return dossier_keys(self.work.operations, self.persons, types)

    def apply(self, unit_of_work: RegisterUnitOfWork) -> Generator[bool, None, BatchAnswer | Replayed]:
        """Answer as the first time, or work and remember the answer; refusals are not remembered."""
        idempotency, key = self._idempotency, self.request
        if idempotency is None or key is None:
            return (yield from self.work.apply(unit_of_work, self))
        known = unit_of_work.idempotency.answered(key)
        if known is not None:
            if known.body_hash != idempotency.body_hash:
                raise refuse(Reason.REQUEST_ID_REUSED, "request_id")
            return Replayed(known.answer)
        answer = yield from self.work.apply(unit_of_work, self)
        unit_of_work.idempotency.remember(
            key, AnsweredRequest(idempotency.body_hash, idempotency.encode(answer))
        )
        return answer

    def applied(self, unit_of_work: RegisterUnitOfWork, operation: Operation) -> Applied:
        """Apply one operation; answers it as the caller will see it."""
        entry = unit_of_work.apply(operation, self.persons, self._stamp)
        return _applied(unit_of_work, operation, self.persons, entry)


async def persons_of(source: AuthenticSource, operations: Iterable[Operation]) -> Persons:
    """What the source says of the numbers, asked before the lane; None when the store says it."""
    if source.in_store:
        return None
    return await states_of(source, list({o.niss for o in operations if o.niss is not None}))


def dossier_keys(
    operations: Iterable[Operation], persons: Persons, types: DossierTypes
) -> Iterable[DossierKey]:
    """The dossiers that these operations touch, as far as they can be known."""
    by_code = types.by_code
    for operation in operations:
        entry = by_code.get(operation.dossier_type or "")
        if operation.niss is not None and (entry is not None or persons is None):
            # Where the store says who a number is, it must be asked also when the type is unknown (0).
            yield final_niss(operation.niss, persons or {}), entry[0] if entry else 0


def _applied(
    unit_of_work: RegisterUnitOfWork, operation: Operation, persons: Persons, entry: Entry
) -> Applied:
    code = operation.dossier_type or ""
    dossier_type = unit_of_work.dossier_type(code)
    followed = operation.niss if operation.niss != entry.niss else None
    return Applied(
        entry.niss,
        followed,
        code,
        dossier_type.partner if dossier_type else None,
        entry.change,
        entry.dossier_revision,
        entry.revision,
        _notices(operation, followed, unit_of_work.person(operation.niss, persons)),
    )


def _notices(operation: Operation, followed: Niss | None, person: PersonState | None) -> tuple[Notice, ...]:
    """What a caller should know though nothing is refused."""
    notices = []
    if followed is not None:
        notices.append(Notice(Reason.NISS_REPLACED, "niss", "NOTICE_NISS_FOLLOWED"))
    if person is not None and operation.action is Action.INSCRIBE:
        if person.deceased:
            notices.append(Notice(Reason.PERSON_DECEASED, "niss", "PERSON_DECEASED"))
        if person.born is not None and operation.period and operation.period.begin < person.born:
            notices.append(Notice(Reason.PERIOD_BEFORE_BIRTH, "period.begin", "PERIOD_BEFORE_BIRTH"))
    return tuple(notices)


def _as_of_now(answer: BatchAnswer, loaded: LoadedState, types: DossierTypes) -> BatchAnswer:
    """What was only tried took no revision: those answered are the ones in force."""

    def tried(result: Applied | Rejected) -> Applied | Rejected:
        if isinstance(result, Rejected):
            return result
        state = loaded.dossiers.get((result.niss, types.by_code[result.dossier_type][0]))
        return replace(result, dossier_revision=state.revision if state else 0, revision=loaded.revision)

    return replace(
        answer, results=tuple(tried(result) for result in answer.results), revision=loaded.revision
    )


def _finish(steps: Generator[bool, None, BatchAnswer]) -> BatchAnswer:
    """Run to the end what would otherwise yield to its neighbours."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: BatchAnswer = end.value
            return answer
