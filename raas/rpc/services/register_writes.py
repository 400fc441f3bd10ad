"""RegisterService: the calls that write inscriptions."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from hashlib import sha256
from typing import TypeVar, cast

from raas.domain.errors import Reason, Refused, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.registers.operation import Operation
from raas.rpc.calls.context import current
from raas.rpc.calls.scope import RequestScope, refuse_faults
from raas.rpc.services.use_cases import UseCases
from raas.rpc.wire.applied import applied_bytes, batch_bytes, import_response
from raas.rpc.wire.encoding import SerializedMessage
from raas.rpc.wire.fields import Faults, NissRules, read_register, read_text, within_batch
from raas.rpc.wire.operations import read_inscription, read_operations, read_removal
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.writes.imports import ImportAnswer, ImportMessage
from raas.usecases.writes.operations import Idempotency, Replayed
from raas.usecases.writes.results import Applied, BatchAnswer, Rejected
from raas.v1 import register_service_pb2 as v1

BATCH_LIMIT = 1_000
IMPORT_LIMIT = 5_000
REQUEST_ID_LIMIT = 128
IMPORT_ID_LIMIT = 128

_SLICE = 500
"""Operations read before the event loop gets a turn: some milliseconds."""
_LARGEST_OFFSET = 2**62

_Request = TypeVar("_Request", v1.InscribeRequest, v1.RemoveRequest)
_Repeatable = v1.InscribeRequest | v1.RemoveRequest | v1.ApplyBatchRequest


class RegisterWrites:
    """Inscribe, Remove, ApplyBatch and Import."""

    def __init__(self, use_cases: UseCases, scope: RequestScope) -> None:
        self._use_cases = use_cases
        self._scope = scope

    async def Inscribe(self, request: v1.InscribeRequest, context: object) -> SerializedMessage:
        """Add a period to a dossier; answers an InscribeResponse, written down."""
        return await self._single(request, read_inscription)

    async def Remove(self, request: v1.RemoveRequest, context: object) -> SerializedMessage:
        """Take a period, or everything, from a dossier; answers a RemoveResponse, written down."""
        return await self._single(request, read_removal)

    async def _single(self, request: _Request, read: Callable[[_Request, NissRules], Operation]) -> bytes:
        request_context = current()
        call = request_context.call
        with self._scope.access.audit_scope(call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            operation = read(request, self._scope.rules())
            faults += operation.violations
            request_id = _read_request_id(request, faults)
            audit_scope.nisses = _touched([operation])
            register = await self._scope.admit(audit_scope, number, faults)

            def written(answer: BatchAnswer) -> bytes:
                applied = cast(Applied, answer.results[0])
                audit_scope.nisses = _shown(operation.niss, applied.niss)
                return applied_bytes(register.enterprise_number, applied, call.language)

            answer = await self._use_cases.write.single(
                call,
                register,
                # What the call as a whole has wrong is refused together with what the verb finds.
                operation._replace(violations=tuple(faults)) if faults else operation,
                validate_only=request.validate_only,
                idempotency=_idempotency(call, request, request_id, written),
            )
            if isinstance(answer, Replayed):
                return answer.answer
            return written(answer)

    async def ApplyBatch(self, request: v1.ApplyBatchRequest, context: object) -> SerializedMessage:
        """Apply up to 1,000 operations as one."""
        request_context = current()
        call = request_context.call
        with self._scope.access.audit_scope(call) as audit_scope:
            faults = list(request_context.faults)
            number = read_register(request, faults)
            operations: Sequence[Operation] = ()
            if not request.operations:
                faults.append(Violation("operations", Reason.REQUIRED))
            elif within_batch("operations", request.operations, BATCH_LIMIT, faults):
                operations = read_operations(request.operations, self._scope.rules())
            request_id = _read_request_id(request, faults)
            audit_scope.nisses = _touched(operations)
            register = await self._scope.admit(audit_scope, number, [*faults, *_violations(operations)])
            if faults:
                raise Refused([*faults, *await self._violations_found(call, register, operations)])

            def written(answer: BatchAnswer) -> bytes:
                audit_scope.nisses = (*_touched(operations), *_applied_to(answer))
                return batch_bytes(register.enterprise_number, answer, call.language)

            answer = await self._use_cases.write.batch(
                call,
                register,
                operations,
                validate_only=request.validate_only,
                idempotency=_idempotency(call, request, request_id, written),
            )
            if isinstance(answer, Replayed):
                return answer.answer
            return written(answer)

    async def _violations_found(
        self, call: Call, register: AdmittedRegister, operations: Sequence[Operation]
    ) -> list[Violation]:
        """What would be wrong with the operations of a batch that is refused for other reasons already."""
        if not operations:
            return []
        try:
            answer = await self._use_cases.write.batch(
                call, register, operations, validate_only=True, idempotency=None
            )
        except Refused as refused:
            return list(refused.violations)
        results = () if isinstance(answer, Replayed) else answer.results
        return [
            violation.below(f"operations[{index}]")
            for index, result in enumerate(results)
            if isinstance(result, Rejected)
            for violation in result.violations
        ]

    async def Import(
        self, requests: AsyncIterator[v1.ImportRequest], context: object
    ) -> AsyncGenerator[v1.ImportResponse, None]:
        """Apply a long sequence of operations, message by message."""
        request_context = current()
        call = request_context.call
        access = self._scope.access
        with access.audit_scope(call) as audit_scope:
            first = await anext(requests, None)
            if first is None:
                return
            faults = list(request_context.faults)
            number = read_register(first, faults)
            if first.HasField("import_id"):
                read_text("import_id", first.import_id, IMPORT_ID_LIMIT, faults)
            register = await self._scope.admit(audit_scope, number, faults)
            refuse_faults(faults)
            under_way: deque[Sequence[Operation]] = deque()
            messages = self._messages(first, requests, register, under_way)
            answers = cast(
                AsyncGenerator[ImportAnswer, None], self._use_cases.imports.run(call, register, messages)
            )
            async with aclosing(answers):
                async for answer in answers:
                    touched = _touched(under_way.popleft())
                    access.note(call, register.enterprise_number, touched, None, "OK")
                    yield import_response(answer, call.language)

    async def _messages(
        self,
        first: v1.ImportRequest,
        following: AsyncIterator[v1.ImportRequest],
        register: AdmittedRegister,
        under_way: deque[Sequence[Operation]],
    ) -> AsyncGenerator[ImportMessage, None]:
        """The messages of an import, read; what is wrong with a message as a whole ends the stream."""
        own = enterprise_number_text(register.enterprise_number)
        import_id = first.import_id if first.HasField("import_id") else None
        request: v1.ImportRequest | None = first
        while request is not None:
            faults: Faults = []
            if request.HasField("register") and request.register != own:
                faults.append(Violation("register", Reason.VALUE_INVALID, "REGISTER_CHANGED_IN_STREAM"))
            if request.HasField("import_id") and request.import_id != import_id:
                faults.append(Violation("import_id", Reason.VALUE_INVALID, "IMPORT_CHANGED_IN_STREAM"))
            if not 0 <= request.offset <= _LARGEST_OFFSET:
                limits = {"minimum": "0", "maximum": str(_LARGEST_OFFSET)}
                faults.append(Violation("offset", Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
            within_batch("operations", request.operations, IMPORT_LIMIT, faults)
            refuse_faults(faults)
            operations: list[Operation] = []
            rules = self._scope.rules()
            for begin in range(0, len(request.operations), _SLICE):
                operations += read_operations(request.operations[begin : begin + _SLICE], rules)
                await asyncio.sleep(0)
            under_way.append(operations)
            yield ImportMessage(import_id, request.offset, operations)
            request = await anext(following, None)


def _read_request_id(request: _Repeatable, faults: Faults) -> str | None:
    if not request.HasField("request_id"):
        return None
    return read_text("request_id", request.request_id, REQUEST_ID_LIMIT, faults)


def _idempotency(
    call: Call, request: _Repeatable, request_id: str | None, written: Callable[[BatchAnswer], bytes]
) -> Idempotency | None:
    """What makes the call safe to repeat; nothing where nothing is written."""
    if request_id is None or request.validate_only:
        return None
    body = call.rpc.encode() + b"\n" + request.SerializeToString(deterministic=True)
    return Idempotency(request_id, sha256(body).digest(), written)


def _violations(operations: Iterable[Operation]) -> list[Violation]:
    return [
        violation.below(f"operations[{index}]")
        for index, operation in enumerate(operations)
        for violation in operation.violations
    ]


def _touched(operations: Iterable[Operation]) -> Iterable[Niss]:
    return [operation.niss for operation in operations if operation.niss is not None]


def _shown(asked: Niss | None, applied: Niss) -> Iterable[Niss]:
    return (applied,) if asked is None or asked == applied else (asked, applied)


def _applied_to(answer: BatchAnswer) -> Iterable[Niss]:
    return [result.niss for result in answer.results if isinstance(result, Applied)]
