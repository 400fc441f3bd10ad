"""Inscribe, Remove and ApplyBatch: operations written at once, or tried without writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from raas.concurrency.slices import run_in_slices
from raas.domain.registers.mutation import Stamp
from raas.domain.registers.operation import Operation
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.fingerprint import RequestId, is_earlier_form, request_keys, require_same_request
from raas.usecases.calls.successors import states_of
from raas.usecases.limits.claim_limits import ClaimLimits
from raas.usecases.ports.authentic_source import AuthenticSource
from raas.usecases.ports.persons import IdentitySource
from raas.usecases.ports.write_store import DossierTypes, LoadedState, LoadRequest, WriteStore
from raas.usecases.writes.batch import WriteLimits
from raas.usecases.writes.claims import with_identity_violations
from raas.usecases.writes.operation_jobs import BatchJob, OncePerRequestId, OperationsJob, SingleJob
from raas.usecases.writes.queue import WriteQueues
from raas.usecases.writes.request_form import batch_of_operations, one_operation
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected
from raas.usecases.writes.stored_answer import decode_answer
from raas.usecases.writes.unit_of_work import Persons, RegisterUnitOfWork
from raas.usecases.writes.visible_types import names_hidden_type, within_view


@dataclass(frozen=True, slots=True)
class EarlierAnswer:
    """An answer that an earlier version stored with the request id: the bytes of its response message."""

    message: bytes


class WriteOperations:
    """The use cases; every write goes through the write queue of its register."""

    def __init__(
        self,
        write_queues: WriteQueues,
        store: WriteStore,
        source: AuthenticSource,
        identities: IdentitySource,
        limits: WriteLimits,
        claim_limits: ClaimLimits | None = None,
    ) -> None:
        self._write_queues = write_queues
        self._store = store
        self._source = source
        self._identities = identities
        self._limits = limits
        self._claim_limits = claim_limits

    async def single(
        self,
        call: Call,
        register: AdmittedRegister,
        operation: Operation,
        *,
        validate_only: bool,
        request_id: RequestId | None,
    ) -> BatchAnswer | EarlierAnswer:
        """One operation: one result, always Applied. Raises Refused with everything that is wrong.

        With a request id that was answered before, the same answer; REQUEST_ID_REUSED if the request
        differs. `validate_only` ignores request ids.
        """
        checked, persons = await self._checked(call, register, (operation,))
        job = SingleJob(checked, persons, _stamp(call, request_id), call.deadline, call)
        if validate_only or job.malformed or names_hidden_type(register.view, checked):
            return await self._try(register, job)
        if request_id is None:
            return await self._write_queues[register.id].submit(job, call.caller.key, register.lost)
        fingerprint = one_operation(register.enterprise_number, operation)
        return await self._once(call, register, job, request_id, fingerprint)

    async def batch(
        self,
        call: Call,
        register: AdmittedRegister,
        operations: Sequence[Operation],
        *,
        validate_only: bool,
        request_id: RequestId | None,
    ) -> BatchAnswer | EarlierAnswer:
        """All operations in the order given, or none of them; their revisions are consecutive.

        Raises Refused with everything that is wrong in any of them, paths prefixed `operations[i].`;
        under validate_only every operation has a result instead, Applied or Rejected. Request ids as in
        `single`.
        """
        checked, persons = await self._checked(call, register, operations)
        stamp = _stamp(call, request_id)
        job = BatchJob(checked, persons, stamp, call.deadline, call, keep_rejected=validate_only)
        if validate_only or job.malformed or names_hidden_type(register.view, checked):
            return await self._try(register, job)
        if request_id is None:
            return await self._write_queues[register.id].submit(job, call.caller.key, register.lost)
        fingerprint = batch_of_operations(register.enterprise_number, operations)
        return await self._once(call, register, job, request_id, fingerprint)

    async def _checked(
        self, call: Call, register: AdmittedRegister, operations: Sequence[Operation]
    ) -> tuple[Sequence[Operation], Persons]:
        operations = within_view(register.view, operations)
        checked = await with_identity_violations(call, operations, self._identities, self._claim_limits)
        return checked, await persons_of(self._source, checked)

    async def _once(
        self,
        call: Call,
        register: AdmittedRegister,
        job: OperationsJob,
        request_id: RequestId,
        fingerprint: bytes,
    ) -> BatchAnswer | EarlierAnswer:
        once = OncePerRequestId(job, request_keys(call.caller.key, request_id), fingerprint)
        answer = await self._write_queues[register.id].submit(once, call.caller.key, register.lost)
        if isinstance(answer, BatchAnswer):
            return answer
        require_same_request(answer.fingerprint, fingerprint, request_id)
        if is_earlier_form(answer.fingerprint):
            return EarlierAnswer(answer.answer)
        return decode_answer(answer.answer)

    async def _try(self, register: AdmittedRegister, job: OperationsJob) -> BatchAnswer:
        """Apply the job to a snapshot.

        One that is malformed, or names a type that the caller does not see, is refused here, with the
        violations of the state, also where its request id was answered before.
        """
        types = await self._store.dossier_types(register.id)
        wanted = LoadRequest(list(job.keys(types)), persons=job.persons is None)
        loaded = await self._store.snapshot(register.id, wanted)
        unit_of_work = RegisterUnitOfWork(loaded, types, self._limits.max_lines_per_dossier)
        return _as_of_now(await run_in_slices(job.apply(unit_of_work)), loaded, types)


async def persons_of(source: AuthenticSource, operations: Iterable[Operation]) -> Persons:
    """The states of the numbers, asked before the job is queued; None if the store itself is the source."""
    if source.in_store:
        return None
    return await states_of(source, list({o.niss for o in operations if o.niss is not None}))


def _stamp(call: Call, request_id: RequestId | None) -> Stamp:
    return call.stamp(None if request_id is None else request_id.value)


def _as_of_now(answer: BatchAnswer, loaded: LoadedState, types: DossierTypes) -> BatchAnswer:
    """The answer with the revisions now in force: operations that were only tried took none."""

    def tried(result: Applied | Rejected) -> Applied | Rejected:
        if isinstance(result, Rejected):
            return result
        state = loaded.dossiers.get((result.niss, types.by_code[result.dossier_type][0]))
        return result._replace(dossier_revision=state.revision if state else 0, revision=loaded.revision)

    return replace(
        answer, results=tuple(tried(result) for result in answer.results), revision=loaded.revision
    )
