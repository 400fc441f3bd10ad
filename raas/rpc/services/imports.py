"""Import and ImportPersons: the two streams of rows, read and answered message by message."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from raas.concurrency.slices import yielding_slices
from raas.domain.errors import Reason, Violation
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss
from raas.domain.registers.operation import Action, Operation
from raas.rpc.calls.request_scope import RequestScope, RequestScopes
from raas.rpc.services.persons_served import PersonsServed
from raas.rpc.wire.applied import import_response
from raas.rpc.wire.fields import Faults, NissRules, read_text, within_batch
from raas.rpc.wire.operations import read_operations
from raas.rpc.wire.persons.answers import import_persons_response
from raas.rpc.wire.persons.requests import read_imported_persons
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_progress import PersonImportAnswer, PersonImportMessage
from raas.usecases.writes.imports import ImportAnswer, ImportMessage, Imports
from raas.v1 import person_service_pb2, register_service_pb2

OPERATIONS_LIMIT = 5_000
PERSONS_LIMIT = 1_000
IMPORT_ID_LIMIT = 128

_SLICE = 100
"""Rows read before other tasks run: some milliseconds."""
_LARGEST_OFFSET = 2**62

_Request = TypeVar("_Request", register_service_pb2.ImportRequest, person_service_pb2.ImportPersonsRequest)
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class RowFormat(Generic[_Row]):
    """The rows of a message: their field, their maximum number, and their parser."""

    field: str
    limit: int
    read: Callable[[Sequence[Any], NissRules], Sequence[_Row]]
    niss: Callable[[_Row], Niss | None]

    def numbers(self, rows: Sequence[_Row]) -> list[Niss]:
        """The numbers of the rows that have one."""
        return [number for row in rows if (number := self.niss(row)) is not None]


_OPERATIONS = RowFormat("operations", OPERATIONS_LIMIT, read_operations, lambda operation: operation.niss)
_PERSONS = RowFormat("persons", PERSONS_LIMIT, read_imported_persons, lambda row: row.niss)


class RegisterImport:
    """RegisterService.Import."""

    def __init__(self, use_case: Imports, scopes: RequestScopes) -> None:
        self._use_case = use_case
        self._request = scopes.open

    async def Import(
        self, requests: AsyncIterator[register_service_pb2.ImportRequest], context: object
    ) -> AsyncGenerator[register_service_pb2.ImportResponse, None]:
        """Apply a long sequence of operations, message by message."""
        async with self._request() as r:
            first = await anext(requests, None)
            if first is None:
                return
            r.read_register(first)
            stream = ImportStream(r, first, requests, _OPERATIONS)
            register = await r.admit()
            r.refuse_faults()
            messages = (ImportMessage(*part) async for part in stream.parts(register))
            answers = cast(AsyncGenerator[ImportAnswer, None], self._use_case.run(r.call, register, messages))
            async with aclosing(answers):
                async for answer in answers:
                    offset, operations = stream.note_answered()
                    r.audit.revision = answer.revision
                    await r.budget.count_unknown(_unknown_untraced(answer, offset, operations))
                    yield await import_response(answer, r.call.language)


class PersonImport:
    """PersonService.ImportPersons."""

    def __init__(self, persons: PersonsServed, scopes: RequestScopes) -> None:
        self._persons = persons
        self._request = scopes.open

    async def ImportPersons(
        self, requests: AsyncIterator[person_service_pb2.ImportPersonsRequest], context: object
    ) -> AsyncGenerator[person_service_pb2.ImportPersonsResponse, None]:
        """Import persons, message by message."""
        async with self._request() as r:
            first = await anext(requests, None)
            if first is None:
                return
            stream = ImportStream(r, first, requests, _PERSONS)
            r.refuse_faults()
            messages = (PersonImportMessage(*part) async for part in stream.parts(None))
            answers = cast(
                AsyncGenerator[PersonImportAnswer, None],
                self._persons.use_cases.import_persons.run(r.call, messages),
            )
            async with aclosing(answers):
                async for answer in answers:
                    _, rows = stream.note_answered()
                    await r.keep_part(_PERSONS.numbers(rows), {"through_offset": answer.through_offset})
                    yield await import_persons_response(answer, r.call.language)


class ImportStream(Generic[_Request, _Row]):
    """The messages of one import, of which the first has been received.

    Violations of the first message's `import_id` are added to the faults of the scope.
    """

    def __init__(
        self,
        scope: RequestScope,
        first: _Request,
        following: AsyncIterator[_Request],
        rows: RowFormat[_Row],
    ) -> None:
        self._scope = scope
        self._first: _Request = first
        self._following: AsyncIterator[_Request] = following
        self._rows = rows
        self._import_id: str | None = None
        if first.HasField("import_id"):
            self._import_id = first.import_id
            read_text("import_id", first.import_id, IMPORT_ID_LIMIT, scope.faults)
        self._under_way: deque[tuple[int, Sequence[_Row]]] = deque()
        scope.audit.read_bulk({} if self._import_id is None else {"import_id": self._import_id})

    async def parts(
        self, register: AdmittedRegister | None
    ) -> AsyncGenerator[tuple[str | None, int, Sequence[_Row]], None]:
        """The import id, offset and rows of each message.

        Raises Refused, which ends the stream, for what is wrong with a message as a whole.
        """
        own = None if register is None else enterprise_number_text(register.enterprise_number)
        request: _Request | None = self._first
        while request is not None:
            self._check(request, own)
            messages = getattr(request, self._rows.field)
            rows: list[_Row] = []
            async for some in yielding_slices(messages, _SLICE):
                rows += self._rows.read(some, self._scope.rules)
            self._under_way.append((request.offset, rows))
            yield self._import_id, request.offset, rows
            request = await anext(self._following, None)

    def note_answered(self) -> tuple[int, Sequence[_Row]]:
        """Count the rows of the next message in order, about to be answered; answers its offset and them."""
        offset, rows = self._under_way.popleft()
        self._scope.audit.sent(len(self._rows.numbers(rows)))
        return offset, rows

    def _check(self, request: _Request, own: str | None) -> None:
        faults: Faults = []
        if (
            isinstance(request, register_service_pb2.ImportRequest)
            and request.HasField("register")
            and request.register != own
        ):
            faults.append(Violation("register", Reason.VALUE_INVALID, "REGISTER_CHANGED_IN_STREAM"))
        if request.HasField("import_id") and request.import_id != self._import_id:
            faults.append(Violation("import_id", Reason.VALUE_INVALID, "IMPORT_CHANGED_IN_STREAM"))
        if not 0 <= request.offset <= _LARGEST_OFFSET:
            limits = {"minimum": "0", "maximum": str(_LARGEST_OFFSET)}
            faults.append(Violation("offset", Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
        within_batch(self._rows.field, getattr(request, self._rows.field), self._rows.limit, faults)
        self._scope.faults += faults
        self._scope.refuse_faults()


def _unknown_untraced(answer: ImportAnswer, offset: int, operations: Sequence[Operation]) -> list[Niss]:
    """The unknown numbers of rows that would have written nothing either if the number were known.

    Other rows write every known number into the register, where its owner sees it.
    """
    rejected = ((operations[place - offset], violations) for place, violations in answer.rejected)
    return [
        operation.niss
        for operation, violations in rejected
        if operation.niss is not None
        and any(violation.reason is Reason.NISS_UNKNOWN for violation in violations)
        and (len(violations) > 1 or operation.action is Action.REMOVE)
    ]
