"""RegisterService: the calls that write inscriptions."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from hashlib import sha256
from typing import TypeVar, cast

from raas.concurrency.slices import yielding_slices
from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.registers.operation import Operation
from raas.rpc.calls.request_scope import RequestScopes
from raas.rpc.wire.applied import applied_bytes, batch_bytes
from raas.rpc.wire.fields import NissRules, read_request_id, within_batch
from raas.rpc.wire.operations import read_inscription, read_operations, read_removal
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.audit.call_audit import successors_in
from raas.usecases.calls.call import Call
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.writes.operations import EarlierAnswer, WriteOperations
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected
from raas.v1 import register_service_pb2 as v1

BATCH_LIMIT = 1_000

_SLICE = 100
"""Operations read before other tasks run: some milliseconds."""

_Request = TypeVar("_Request", v1.InscribeRequest, v1.RemoveRequest)
_Repeatable = v1.InscribeRequest | v1.RemoveRequest | v1.ApplyBatchRequest


class Inscriptions:
    """Inscribe, Remove and ApplyBatch."""

    def __init__(self, use_cases: WriteOperations, scopes: RequestScopes) -> None:
        self._use_cases = use_cases
        self._request = scopes.open

    async def Inscribe(self, request: v1.InscribeRequest, context: object) -> bytes:
        """Add a period to a dossier; answers a serialised InscribeResponse."""
        return await self._single(request, read_inscription)

    async def Remove(self, request: v1.RemoveRequest, context: object) -> bytes:
        """Remove a period, or everything, from a dossier; answers a serialised RemoveResponse."""
        return await self._single(request, read_removal)

    async def _single(self, request: _Request, read: Callable[[_Request, NissRules], Operation]) -> bytes:
        async with self._request(request) as r:
            operation = read(request, r.rules)
            r.faults += operation.violations
            request_id = read_request_id(request, r.faults)
            if operation.niss is not None:
                r.audit.touched = (operation.niss,)
                r.budget.asked["niss"] = operation.niss
            register = await r.admit()
            if request.validate_only:
                r.budget.require_unknown(r.budget.asked.values())
            answer = await self._use_cases.single(
                r.call,
                register,
                # Violations of the call as a whole are refused together with those that the use case finds.
                operation._replace(violations=tuple(r.faults)) if r.faults else operation,
                validate_only=request.validate_only,
                request_id=_repeatable(r.call, request, request_id),
            )
            if request.validate_only:
                r.audit.note(validate_only=True)
            if isinstance(answer, EarlierAnswer):
                await r.name_types(register, _codes([operation]))
                return answer.message
            applied = cast(Applied, answer.results[0])
            r.tally.partner = applied.partner
            r.audit.shown = (applied.niss,)
            r.audit.revision = answer.revision
            return applied_bytes(register.enterprise_number, applied, r.call.language)

    async def ApplyBatch(self, request: v1.ApplyBatchRequest, context: object) -> bytes:
        """Apply up to 1,000 operations as one; answers a serialised ApplyBatchResponse."""
        async with self._request(request) as r:
            operations: list[Operation] = []
            if not request.operations:
                r.faults.append(Violation("operations", Reason.REQUIRED))
            elif within_batch("operations", request.operations, BATCH_LIMIT, r.faults):
                async for some in yielding_slices(request.operations, _SLICE):
                    operations += read_operations(some, r.rules)
            request_id = read_request_id(request, r.faults)
            r.audit.touched = _touched(operations)
            r.budget.batch = [operation.niss for operation in operations]
            register = await r.admit(_violations(operations))
            if request.validate_only:
                r.budget.require_unknown(_touched(operations))
            if r.faults:
                raise Refused([*r.faults, *await self._violations_found(r.call, register, operations)])
            await r.name_types(register, _codes(operations))
            answer = await self._use_cases.batch(
                r.call,
                register,
                operations,
                validate_only=request.validate_only,
                request_id=_repeatable(r.call, request, request_id),
            )
            if request.validate_only:
                r.audit.note(validate_only=True)
            if isinstance(answer, EarlierAnswer):
                return answer.message
            await r.budget.count_unknown(_unknown(operations, answer))
            r.audit.shown = _applied_to(answer)
            r.audit.revision = answer.revision
            return batch_bytes(register.enterprise_number, answer, r.call.language)

    async def _violations_found(
        self, call: Call, register: AdmittedRegister, operations: Sequence[Operation]
    ) -> list[Violation]:
        """The violations of the operations of a batch that is refused for other reasons already."""
        if not operations:
            return []
        try:
            answer = await self._use_cases.batch(
                call, register, operations, validate_only=True, request_id=None
            )
        except Refused as refused:
            return list(refused.violations)
        results = () if isinstance(answer, EarlierAnswer) else answer.results
        return [
            violation.below(f"operations[{index}]")
            for index, result in enumerate(results)
            if isinstance(result, Rejected)
            for violation in result.violations
        ]


def _repeatable(call: Call, request: _Repeatable, request_id: str | None) -> RequestId | None:
    """The request id of the call, with the hash under which earlier versions stored its request."""

    def earlier_hash() -> bytes:
        return sha256(call.rpc.encode() + b"\n" + request.SerializeToString(deterministic=True)).digest()

    return None if request_id is None else RequestId(request_id, earlier_hash)


def _violations(operations: Iterable[Operation]) -> Iterator[Violation]:
    return (
        violation.below(f"operations[{index}]")
        for index, operation in enumerate(operations)
        for violation in operation.violations
    )


def _codes(operations: Iterable[Operation]) -> set[str]:
    """The codes of the dossier types that operations name."""
    return {operation.dossier_type for operation in operations if operation.dossier_type is not None}


def _touched(operations: Iterable[Operation]) -> Collection[Niss]:
    return [operation.niss for operation in operations if operation.niss is not None]


def _unknown(operations: Sequence[Operation], answer: BatchAnswer) -> list[Niss]:
    """The unknown numbers among the rejected operations."""
    return [
        operation.niss
        for operation, result in zip(operations, answer.results, strict=True)
        if isinstance(result, Rejected) and operation.niss is not None
        if any(violation.reason is Reason.NISS_UNKNOWN for violation in result.violations)
    ]


def _applied_to(answer: BatchAnswer) -> list[Niss]:
    """The numbers that an answer shows."""
    shown: list[Niss] = []
    for result in answer.results:
        shown += (result.niss,) if isinstance(result, Applied) else successors_in(result.violations)
    return shown
