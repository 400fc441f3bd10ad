"""Every read of a register, as a caller with a mandate asks it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Any

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.decision_pb2 import InscriptionCheck
from raas.v1.inscription_pb2 import Inscription, Removal
from raas.v1.mutation_pb2 import Mutation
from raas.v1.period_pb2 import Period
from tests.rpc.views.answers import Answers
from tests.rpc.views.worlds import World

DAYS = ("2023-12-31", "2024-01-15", "2024-02-15")
ASKED_TYPES = ((), ("A",), ("B", "A"), ("C",), ("A", "D"), ("NEVER",), ("LATER",))


class Questions:
    """Questions to one world; `latest` is the latest revision of its register."""

    def __init__(self, world: World, answers: Answers, latest: int, times: Sequence[datetime]) -> None:
        self.world = world
        self.answers = answers
        self.latest = latest
        self.times = [_timestamp(time) for time in times]

    async def all(self) -> AsyncIterator[tuple[str, Any]]:
        """The answers to all questions, with the questions."""
        yield "GetRegister", await self._ask("GetRegister", v1.GetRegisterRequest())
        yield "ListDossierTypes", await self._pages("ListDossierTypes", v1.ListDossierTypesRequest, 1)
        yield "ListStaleNiss", await self._pages("ListStaleNiss", v1.ListStaleNissRequest, 1)
        for question in (self._consult, self._history, self._explain, self._check, self._find, self._list):
            async for asked, answer in question():
                yield f"{question.__name__} {asked}", answer

    async def snapshot(self) -> list[Any]:
        """The dossiers of a snapshot, which is broken off and resumed, and its bookmark."""
        found: list[Any] = []
        request = stream_v1.SubscribeRequest(register=self.world.owner, snapshot=stream_v1.SnapshotStart())
        async for message in self.world.stream.Subscribe(request, metadata=self.world.by_friend):
            found += [self.answers.plain(dossier) for dossier in message.snapshot.dossiers]
            if message.HasField("bookmark"):
                return [*found, self.answers.plain(message.bookmark)]
        raise AssertionError("the stream ended")

    async def streamed(self, after: int, types: Sequence[str] = ()) -> list[Any]:
        """The mutations after a revision, read from the log; the last mutation of the register is visible."""
        request = stream_v1.SubscribeRequest(
            register=self.world.owner, after_revision=after, dossier_types=types
        )
        call = self.world.stream.Subscribe(request, metadata=self.world.by_friend)
        found = [self.answers.plain(each) for each in await mutations_until(call, self.latest)]
        call.cancel()
        return found

    async def written(self) -> AsyncIterator[tuple[str, Any]]:
        """The answers to writes: the accepted ones change both worlds alike."""
        world, period = self.world, Period(begin="2025-01-01", end="2025-01-31")
        for code in ("A", "C", "NEVER"):
            for validate_only in (True, False):
                request = v1.InscribeRequest(
                    register=world.owner,
                    niss=world.persons[0],
                    dossier_type=code,
                    period=period,
                    validate_only=validate_only,
                    request_id=f"inscribe {code}",
                )
                call = world.registers.Inscribe(request, metadata=world.by_friend)
                yield f"Inscribe {code}", await self.answers.of(call)
            removal = v1.RemoveRequest(register=world.owner, niss=world.persons[1], dossier_type=code)
            yield (
                f"Remove {code}",
                await self.answers.of(world.registers.Remove(removal, metadata=world.by_friend)),
            )
        operations = [
            v1.BatchOperation(inscribe=Inscription(niss=niss, dossier_type=code, period=period))
            for niss in world.persons[:2]
            for code in ("B", "D", "NEVER")
        ]
        for chosen in (operations, operations[:1]):
            for validate_only in (True, False):
                batch = v1.ApplyBatchRequest(
                    register=world.owner, operations=chosen, validate_only=validate_only
                )
                call = world.registers.ApplyBatch(batch, metadata=world.by_friend)
                yield "ApplyBatch", await self.answers.of(call)
        operations.append(v1.BatchOperation(remove=Removal(niss=world.persons[2], dossier_type="C")))

        async def rows() -> AsyncIterator[v1.ImportRequest]:
            yield v1.ImportRequest(register=world.owner, operations=operations)

        imported = world.registers.Import(rows(), metadata=world.by_friend)
        yield "Import", [self.answers.plain(message) async for message in imported]

    # ---- one read each --------------------------------------------------------------------------

    async def _consult(self) -> AsyncIterator[tuple[Any, Any]]:
        persons = self.world.persons
        for types in ASKED_TYPES:
            for nisses in ((), persons[:1], persons):
                asked = {"dossier_types": types, "niss": nisses}
                yield asked, await self._pages("Consult", v1.ConsultRequest, 2, **asked)
            yield types, await self._export(dossier_types=types)
        yield "day", await self._pages("Consult", v1.ConsultRequest, 1, active_on=DAYS[1])
        for number, revision in enumerate(self.answers.revisions(self.latest)):
            asked = {"at_revision": revision, "niss": persons}
            yield ("at", number), await self._pages("Consult", v1.ConsultRequest, 100, **asked)
        for place, time in enumerate(self.times):
            asked = {"at_time": time, "niss": persons}
            yield ("then", place), await self._pages("Consult", v1.ConsultRequest, 100, **asked)

    async def _export(self, **fields: Any) -> Any:
        request = v1.ExportRequest(register=self.world.owner, **fields)
        try:
            call = self.world.registers.Export(request, metadata=self.world.by_friend)
            return [self.answers.plain(message) async for message in call]
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()

    async def _history(self) -> AsyncIterator[tuple[Any, Any]]:
        for niss in self.world.persons:
            for code in (None, "A", "C", "NEVER"):
                asked = {"niss": niss, "dossier_type": code}
                yield asked, await self._pages("GetHistory", v1.GetHistoryRequest, 2, **asked)

    async def _explain(self) -> AsyncIterator[tuple[Any, Any]]:
        for niss in self.world.persons:
            for code in (None, "A", "C", "NEVER"):
                for at_time in (None, *self.times[1::3]):
                    asked = {"niss": niss, "dossier_type": code, "day": DAYS[1], "at_time": at_time}
                    yield (niss, code), await self._ask("ExplainDossier", v1.ExplainDossierRequest(**asked))

    async def _check(self) -> AsyncIterator[tuple[Any, Any]]:
        def checks(types: Sequence[str]) -> list[InscriptionCheck]:
            return [
                InscriptionCheck(register=self.world.owner, niss=niss, dossier_types=types, active_on=day)
                for niss in self.world.persons
                for day in DAYS
            ]

        for types in ASKED_TYPES:
            for at_time in (None, *self.times[::3]):
                request = v1.CheckInscriptionsRequest(checks=checks(types), at_time=at_time)
                for metadata in (self.world.by_friend, self.world.by_router):
                    call = self.world.registers.CheckInscriptions(request, metadata=metadata)
                    yield types, await self.answers.of(call)

    async def _find(self) -> AsyncIterator[tuple[Any, Any]]:
        for niss in self.world.persons:
            for types in ASKED_TYPES:
                for at_time in (None, self.times[-1]):
                    request = v1.FindRegistersRequest(niss=niss, dossier_types=types, at_time=at_time)
                    call = self.world.registers.FindRegisters(request, metadata=self.world.by_router)
                    yield (niss, types), await self.answers.of(call)

    async def _list(self) -> AsyncIterator[tuple[Any, Any]]:
        for types in ASKED_TYPES:
            yield types, await self._listed(2, dossier_types=types)
        for niss in self.world.persons:
            yield niss, await self._listed(100, niss=niss)
        yield "kinds", await self._listed(100, kinds=[6, 8])

    async def _listed(self, size: int, **fields: Any) -> Any:
        """The mutations of all pages, from the first one on."""
        found: list[Any] = []
        request = stream_v1.ListMutationsRequest(register=self.world.owner, page_size=size, **fields)
        while True:
            try:
                answer = await self.world.stream.ListMutations(request, metadata=self.world.by_friend)
            except grpc.aio.AioRpcError:
                return await self.answers.of(
                    self.world.stream.ListMutations(request, metadata=self.world.by_friend)
                )
            found += [self.answers.plain(mutation) for mutation in answer.mutations]
            request.page_token = answer.next_page_token
            if not answer.next_page_token:
                if answer.through_revision == answer.latest_revision:
                    return found
                request.after_revision = answer.through_revision

    # ---- helpers --------------------------------------------------------------------------------

    async def _ask(self, rpc: str, request: Any) -> Any:
        request.register = self.world.owner
        return await self.answers.of(
            getattr(self.world.registers, rpc)(request, metadata=self.world.by_friend)
        )

    async def _pages(self, rpc: str, request_of: Callable[..., Any], size: int, **fields: Any) -> list[Any]:
        """The elements of all pages, or the refusal; the pages of the two worlds may be cut differently."""
        found: list[Any] = []
        token = ""
        while True:
            request = request_of(page_size=size, page_token=token, **fields)
            request.register = self.world.owner
            call = getattr(self.world.registers, rpc)
            try:
                answer = await call(request, metadata=self.world.by_friend)
            except grpc.aio.AioRpcError:
                return [await self.answers.of(call(request, metadata=self.world.by_friend))]
            plain = self.answers.plain(answer)
            found += [
                (name, each)
                for name, value in sorted(plain.items())
                for each in (value if isinstance(value, list) and name != "resolved" else [value])
                if not (found and name in ("resolved", "revision"))
            ]
            token = answer.next_page_token
            if not token:
                return found


async def mutations_until(call: Any, revision: int) -> list[Mutation]:
    """The mutations of a stream through a revision."""
    found: list[Mutation] = []
    async for message in call:
        found += message.mutations.mutations
        if message.mutations.through_revision >= revision:
            return found
    raise AssertionError("the stream ended")


def _timestamp(time: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(time)
    return message
