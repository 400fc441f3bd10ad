"""RegisterService: the reads."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from raas.v1.decision_pb2 import Decision, InscriptionCheck
from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_pb2 import Mutation
from raas.v1.niss_pb2 import StaleNiss
from raas.v1.period_pb2 import Period
from raas.v1.register_pb2 import Register
from raas.v1.register_service_pb2 import (
    CheckInscriptionsRequest,
    CheckInscriptionsResponse,
    ConsultRequest,
    ConsultResponse,
    ExplainDossierRequest,
    ExplainDossierResponse,
    ExportRequest,
    ExportResponse,
    FindRegistersRequest,
    FindRegistersResponse,
    GetHistoryRequest,
    GetHistoryResponse,
    GetRegisterRequest,
    ListDossierTypesRequest,
    ListDossierTypesResponse,
    ListStaleNissRequest,
    ListStaleNissResponse,
)
from raas_client.calls.invoke import Calls
from raas_client.calls.pages import LARGEST_PAGE, Pages
from raas_client.days import Day, day_text


class RegisterReads:
    """The reads of a register. They are repeated after a lost connection or server."""

    _calls: Calls

    async def get_register(self) -> Register:
        """The name, the revision and the size of the register, and the environment of its server."""
        request = GetRegisterRequest(register=self._calls.register)
        return (await self._calls.unary(lambda stubs: stubs.registers.GetRegister, request)).register

    async def server_version(self) -> str:
        """The version of RaaS that the server runs; "" = older than 0.2."""
        request = GetRegisterRequest(register=self._calls.register)
        return (await self._calls.unary(lambda stubs: stubs.registers.GetRegister, request)).server_version

    async def server_time(self) -> datetime | None:
        """The clock of the server when it answered; None = the server is too old to tell it."""
        request = GetRegisterRequest(register=self._calls.register)
        answer = await self._calls.unary(lambda stubs: stubs.registers.GetRegister, request)
        return answer.server_time.ToDatetime(UTC) if answer.HasField("server_time") else None

    def dossier_types(self) -> Pages[ListDossierTypesResponse, DossierType]:
        """The dossier types, ordered by code."""
        request = ListDossierTypesRequest(register=self._calls.register, page_size=LARGEST_PAGE)
        return self._calls.listed(
            lambda stubs: stubs.registers.ListDossierTypes, request, lambda page: page.dossier_types
        )

    def consult(
        self,
        *,
        niss: Sequence[str] = (),
        dossier_types: Sequence[str] = (),
        active_on: Day | None = None,
        overlaps: Period | None = None,
        ends_between: Period | None = None,
        at_revision: int | None = None,
        at_time: datetime | None = None,
        page_size: int = LARGEST_PAGE,
    ) -> Pages[ConsultResponse, Dossier]:
        """The dossiers that match, complete, ordered by number and dossier type; all as of one revision.

        An empty filter matches all. At most one of `active_on`, `overlaps` and `ends_between` (a condition on
        one line; see `period`), and one of `at_revision` and `at_time` (an instant with its time zone).
        """
        request = ConsultRequest(
            register=self._calls.register, niss=niss, dossier_types=dossier_types, page_size=page_size
        )
        _filter(request, active_on, overlaps, ends_between, at_revision, at_time)
        return self._calls.listed(lambda stubs: stubs.registers.Consult, request, lambda page: page.dossiers)

    def export(
        self,
        *,
        niss: Sequence[str] = (),
        dossier_types: Sequence[str] = (),
        active_on: Day | None = None,
        overlaps: Period | None = None,
        ends_between: Period | None = None,
        at_revision: int | None = None,
        at_time: datetime | None = None,
    ) -> Pages[ExportResponse, Dossier]:
        """The same as `consult`, in one stream: for whole registers.

        An export that fails in the middle raises the failure; a `Mirror` continues.
        """

        def pages() -> AsyncGenerator[ExportResponse, None]:
            request = ExportRequest(register=self._calls.register, niss=niss, dossier_types=dossier_types)
            _filter(request, active_on, overlaps, ends_between, at_revision, at_time)
            return self._calls.answers(lambda stubs: stubs.registers.Export, request)

        return Pages(pages, lambda part: part.dossiers)

    def history(
        self, niss: str, dossier_type: str | None = None, *, page_size: int = LARGEST_PAGE
    ) -> Pages[GetHistoryResponse, Mutation]:
        """The mutations about a person, oldest first, under all numbers of the person."""
        request = GetHistoryRequest(
            register=self._calls.register, niss=niss, dossier_type=dossier_type, page_size=page_size
        )
        return self._calls.listed(
            lambda stubs: stubs.registers.GetHistory, request, lambda page: page.mutations
        )

    async def check(
        self,
        niss: str,
        *,
        dossier_types: Sequence[str] = (),
        active_on: Day | None = None,
        overlaps: Period | None = None,
    ) -> Decision:
        """Whether the register knows the person under one of the dossier types (none = any).

        On a day, in a period, or at any time. This is the integration control before data about the person
        are exchanged. The client needs its option `register` or `enterprise_number`.
        """
        caller = self._calls.caller
        check = InscriptionCheck(
            register=caller.register or caller.organisation or "",
            niss=niss,
            dossier_types=dossier_types,
        )
        _when(check, active_on, overlaps)
        return (await self.check_many([check])).decisions[0]

    async def check_many(
        self, checks: Iterable[InscriptionCheck], *, at_time: datetime | None = None
    ) -> CheckInscriptionsResponse:
        """One decision for each of at most 1,000 checks, in their order."""
        request = CheckInscriptionsRequest(checks=checks, at_time=optional_timestamp(at_time))
        return await self._calls.unary(lambda stubs: stubs.registers.CheckInscriptions, request)

    async def explain(
        self,
        niss: str,
        day: Day,
        dossier_type: str | None = None,
        *,
        at_time: datetime | None = None,
    ) -> ExplainDossierResponse:
        """Why the register knows the person on a day, or does not: the decisive mutation, and a sentence."""
        request = ExplainDossierRequest(
            register=self._calls.register,
            niss=niss,
            dossier_type=dossier_type,
            day=day_text(day),
            at_time=optional_timestamp(at_time),
        )
        return await self._calls.unary(lambda stubs: stubs.registers.ExplainDossier, request)

    async def find_registers(
        self,
        niss: str,
        *,
        dossier_types: Sequence[str] = (),
        active_on: Day | None = None,
        overlaps: Period | None = None,
        at_time: datetime | None = None,
    ) -> FindRegistersResponse:
        """The registers that know the person: the recipients of a message about the person."""
        request = FindRegistersRequest(
            niss=niss,
            dossier_types=dossier_types,
            at_time=optional_timestamp(at_time),
        )
        _when(request, active_on, overlaps)
        return await self._calls.unary(lambda stubs: stubs.registers.FindRegisters, request)

    def stale_niss(self) -> Pages[ListStaleNissResponse, StaleNiss]:
        """The numbers in the register that are replaced, cancelled or unknown, ordered by number."""
        request = ListStaleNissRequest(register=self._calls.register, page_size=LARGEST_PAGE)
        return self._calls.listed(
            lambda stubs: stubs.registers.ListStaleNiss, request, lambda page: page.stale
        )


def _filter(
    request: ConsultRequest | ExportRequest,
    active_on: Day | None,
    overlaps: Period | None,
    ends_between: Period | None,
    at_revision: int | None,
    at_time: datetime | None,
) -> None:
    if ends_between is not None and (active_on is not None or overlaps is not None):
        raise ValueError("give one of active_on, overlaps and ends_between")
    if at_revision is not None and at_time is not None:
        raise ValueError("give one of at_revision and at_time")
    _when(request, active_on, overlaps)
    if ends_between is not None:
        request.ends_between.CopyFrom(ends_between)
    if at_revision is not None:
        request.at_revision = at_revision
    if at_time is not None:
        request.at_time.CopyFrom(optional_timestamp(at_time) or Timestamp())


def _when(
    request: ConsultRequest | ExportRequest | InscriptionCheck | FindRegistersRequest,
    active_on: Day | None,
    overlaps: Period | None,
) -> None:
    if active_on is not None and overlaps is not None:
        raise ValueError("give one of active_on and overlaps")
    if active_on is not None:
        request.active_on = day_text(active_on)
    if overlaps is not None:
        request.overlaps.CopyFrom(overlaps)


def optional_timestamp(instant: datetime | None) -> Timestamp | None:
    """The instant as a message. Raises ValueError for one without time zone."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    timestamp = Timestamp()
    timestamp.FromDatetime(instant)
    return timestamp
