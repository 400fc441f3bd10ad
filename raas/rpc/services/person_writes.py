"""PersonService: the calls that change what is known of persons."""

# ruff: noqa: N802 - methods have the names that the contract, or protobuf, gives them

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from hashlib import sha256
from typing import cast

from raas.domain.errors import Reason, Violation
from raas.domain.numbers.niss import Niss
from raas.domain.persons.identity import Identity
from raas.rpc.calls.context import current
from raas.rpc.calls.scope import refuse_faults
from raas.rpc.services.person_reads import PersonReads
from raas.rpc.wire.fields import Faults, read_niss, read_nisses, read_text, within_batch
from raas.rpc.wire.identities import read_identity
from raas.rpc.wire.persons import (
    affected_messages,
    candidate_messages,
    inseparable_messages,
    person_message,
    read_feed_row,
    read_update,
)
from raas.rpc.wire.violations import violation_messages
from raas.usecases.persons.create import CreateRequest
from raas.usecases.persons.import_persons import FeedAnswer, FeedMessage
from raas.usecases.persons.import_rows import FeedRow
from raas.usecases.persons.search import MOST_RESULTS
from raas.v1 import person_service_pb2 as v1

FEED_LIMIT = 1_000
ID_LIMIT = 128

_SLICE = 250
"""Rows read before the event loop gets a turn: some milliseconds."""
_LARGEST_OFFSET = 2**62


class PersonWrites(PersonReads):
    """CreatePerson, UpdatePerson, ReplaceNiss, RestoreNiss, CancelNiss and ImportPersons."""

    async def CreatePerson(self, request: v1.CreatePersonRequest, context: object) -> v1.CreatePersonResponse:
        """Give a BIS number to a person who has no number yet."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            rules = self._scope.rules()
            identity = Identity()
            if request.HasField("identity"):
                identity = read_identity(request.identity, rules.today, faults)
            else:
                faults.append(Violation("identity", Reason.REQUIRED))
            reviewed: tuple[Niss, ...] = ()
            if len(request.reviewed_niss) <= MOST_RESULTS:
                reviewed = read_nisses("reviewed_niss", request.reviewed_niss, rules, faults)
            else:
                limit = {"limit": str(MOST_RESULTS)}
                faults.append(Violation("reviewed_niss", Reason.VALUE_INVALID, "LIST_TOO_LONG", limit))
            repeatable = None
            if request.HasField("request_id"):
                read_text("request_id", request.request_id, ID_LIMIT, faults)
                body = request.SerializeToString(deterministic=True)
                repeatable = CreateRequest(request.request_id, sha256(body).digest())
            refuse_faults(faults)
            answer = await self._use_cases.create.create(request_context.call, identity, reviewed, repeatable)
            if answer.person is not None:
                audit_scope.nisses = (answer.person.niss,)
                return v1.CreatePersonResponse(person=person_message(answer.person))
            audit_scope.nisses = [candidate.person.niss for candidate in answer.candidates]
            return v1.CreatePersonResponse(candidates=candidate_messages(answer.candidates))

    async def UpdatePerson(self, request: v1.UpdatePersonRequest, context: object) -> v1.UpdatePersonResponse:
        """Change the identity of a person whom the caller's register holds."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            rules = self._scope.rules()
            niss = read_niss("niss", request.niss, rules, faults)
            names, values, source_date = read_update(request, rules, faults)
            audit_scope.nisses = () if niss is None else (niss,)
            register = await self._scope.admit(audit_scope, None, faults)
            refuse_faults(faults)
            assert niss is not None
            assert source_date is not None
            update = await self._use_cases.update.update(
                request_context.call, register, niss, names, values, source_date
            )
            audit_scope.nisses = (niss, update.person.niss)
            return v1.UpdatePersonResponse(
                person=person_message(update.person),
                groups=[
                    v1.UpdatedGroup(field=field, status=status.value)  # type: ignore[arg-type]
                    for field, status in update.groups
                ],
            )

    async def ReplaceNiss(self, request: v1.ReplaceNissRequest, context: object) -> v1.ReplaceNissResponse:
        """Put one number in the place of another."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            rules = self._scope.rules()
            niss = read_niss("niss", request.niss, rules, faults)
            successor = read_niss("successor_niss", request.successor_niss, rules, faults)
            audit_scope.nisses = tuple(n for n in (niss, successor) if n is not None)
            refuse_faults(faults)
            assert niss is not None
            assert successor is not None
            affected = await self._use_cases.numbers.replace(
                request_context.call, niss, successor, validate_only=request.validate_only
            )
            return v1.ReplaceNissResponse(registers=affected_messages(affected))

    async def RestoreNiss(self, request: v1.RestoreNissRequest, context: object) -> v1.RestoreNissResponse:
        """Undo a replacement or a cancellation."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            audit_scope.nisses = () if niss is None else (niss,)
            refuse_faults(faults)
            assert niss is not None
            restored = await self._use_cases.numbers.restore(
                request_context.call, niss, validate_only=request.validate_only
            )
            return v1.RestoreNissResponse(
                registers=affected_messages(restored.registers),
                inseparable=inseparable_messages(restored.inseparable),
            )

    async def CancelNiss(self, request: v1.CancelNissRequest, context: object) -> v1.CancelNissResponse:
        """Withdraw a number without a successor."""
        request_context = current()
        with self._scope.access.audit_scope(request_context.call) as audit_scope:
            self._scope.access.require(request_context.call)
            faults = list(request_context.faults)
            niss = read_niss("niss", request.niss, self._scope.rules(), faults)
            audit_scope.nisses = () if niss is None else (niss,)
            refuse_faults(faults)
            assert niss is not None
            await self._use_cases.numbers.cancel(request_context.call, niss)
            return v1.CancelNissResponse(person=person_message(await self._use_cases.read.record(niss)))

    async def ImportPersons(
        self, requests: AsyncIterator[v1.ImportPersonsRequest], context: object
    ) -> AsyncGenerator[v1.ImportPersonsResponse, None]:
        """Apply a feed of persons, message by message."""
        request_context = current()
        call, access = request_context.call, self._scope.access
        with access.audit_scope(call):
            access.require(call)
            first = await anext(requests, None)
            if first is None:
                return
            faults = list(request_context.faults)
            if first.HasField("import_id"):
                read_text("import_id", first.import_id, ID_LIMIT, faults)
            refuse_faults(faults)
            under_way: deque[list[FeedRow]] = deque()
            answers = cast(
                AsyncGenerator[FeedAnswer, None],
                self._use_cases.feed.run(call, self._messages(first, requests, under_way)),
            )
            async with aclosing(answers):
                async for answer in answers:
                    touched = [row.niss for row in under_way.popleft() if row.niss is not None]
                    access.note(call, None, touched, None, "OK")
                    yield _feed_response(answer, call.language)

    async def _messages(
        self,
        first: v1.ImportPersonsRequest,
        following: AsyncIterator[v1.ImportPersonsRequest],
        under_way: deque[list[FeedRow]],
    ) -> AsyncGenerator[FeedMessage, None]:
        """The messages of a feed, read; what is wrong with a message as a whole ends the stream."""
        import_id = first.import_id if first.HasField("import_id") else None
        request: v1.ImportPersonsRequest | None = first
        while request is not None:
            faults: Faults = []
            if request.HasField("import_id") and request.import_id != import_id:
                faults.append(Violation("import_id", Reason.VALUE_INVALID, "IMPORT_CHANGED_IN_STREAM"))
            if not 0 <= request.offset <= _LARGEST_OFFSET:
                limits = {"minimum": "0", "maximum": str(_LARGEST_OFFSET)}
                faults.append(Violation("offset", Reason.VALUE_INVALID, "OUT_OF_RANGE", limits))
            within_batch("persons", request.persons, FEED_LIMIT, faults)
            refuse_faults(faults)
            rows: list[FeedRow] = []
            rules = self._scope.rules()
            for begin in range(0, len(request.persons), _SLICE):
                rows += [read_feed_row(row, rules) for row in request.persons[begin : begin + _SLICE]]
                await asyncio.sleep(0)
            under_way.append(rows)
            yield FeedMessage(import_id, request.offset, rows)
            request = await anext(following, None)


def _feed_response(answer: FeedAnswer, language: str) -> v1.ImportPersonsResponse:
    return v1.ImportPersonsResponse(
        through_offset=answer.through_offset,
        applied=answer.applied,
        unchanged=answer.unchanged,
        rejected=[
            v1.RejectedPerson(offset=offset, violations=violation_messages(violations, language))
            for offset, violations in answer.rejected
        ],
    )
