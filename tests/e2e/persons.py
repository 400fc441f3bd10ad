"""Fictitious persons on a running server, and helpers to call PersonService."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import grpc

from raas.v1.identity_pb2 import Identity, Sex
from raas.v1.inscription_pb2 import Inscription
from raas.v1.mutation_pb2 import Mutation
from raas.v1.mutation_stream_pb2 import ListMutationsRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.person_pb2 import Person, PersonStatus, RegisterOfOrigin
from raas.v1.person_service_pb2 import ImportPersonsRequest, ImportPersonsResponse
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2 import ConsultRequest, InscribeRequest, RemoveRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from tests.e2e.registers import TestRegister
from tests.e2e.servers import Server
from tests.oracle.numbers import niss
from tests.planted import planted_number

TYPE = "HEALTH_INSURANCE"
SOURCE = (("raas-enterprise-number", "0999999922"),)
BIS, NATIONAL = RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS, RegisterOfOrigin.REGISTER_OF_ORIGIN_NATIONAL_REGISTER
REPLACED, CANCELLED = PersonStatus.PERSON_STATUS_REPLACED, PersonStatus.PERSON_STATUS_CANCELLED


def _numbers() -> Iterator[str]:
    """Numbers of birth years before 1925, which no demonstration person has."""
    for year, month, counter in itertools.product(range(1905, 1925), range(61, 73), range(1, 400)):
        for day in range(1, 29):
            yield niss(year, month, day, counter)


_new = _numbers()


def new_niss() -> str:
    """A number that no other test uses."""
    return planted_number(next(_new))


def a_person(number: str | None = None, **identity: Any) -> Person:
    """A row of an import: a person of the BIS register."""
    given = {"last_name": "D'Hondt-Müller", "first_names": ["Anne-Sophie", "Élise"], **identity}
    given = {"birth_date": "1968-06-14", "sex": Sex.SEX_FEMALE, **given}
    return Person(niss=number or new_niss(), register_of_origin=BIS, identity=Identity(**given))


class Persons:
    """A server's PersonService, and the registers on that server, over one connection."""

    def __init__(self, server: Server) -> None:
        # Reconnect to a restarted server at once, not after a growing pause.
        options = [("grpc.max_reconnect_backoff_ms", 200), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.insecure_channel(server.target, options=options)
        self.service: Any = PersonServiceStub(self.channel)
        self.registers: Any = RegisterServiceStub(self.channel)
        self.stream: Any = MutationStreamStub(self.channel)

    def import_rows(
        self, rows: Iterable[Person], import_id: str | None = None, offset: int = 0
    ) -> ImportPersonsResponse:
        """Import one message of rows; returns the answer."""
        request = ImportPersonsRequest(import_id=import_id, offset=offset, persons=rows)
        (answer,) = self.service.ImportPersons(iter([request]), metadata=SOURCE)
        return answer

    def known(self, number: int) -> list[str]:
        """Add this many persons to the source; returns their numbers."""
        rows = [a_person() for _ in range(number)]
        assert self.import_rows(rows).applied == number
        return [row.niss for row in rows]

    def inscribe(self, register: TestRegister, person: str, begin: str, end: str, **more: Any) -> Any:
        """Inscribe under TYPE."""
        period = Period(begin=begin, end=end)
        request = InscribeRequest(niss=person, dossier_type=TYPE, period=period, **more)
        return self.registers.Inscribe(request, metadata=register.caller, timeout=60)

    def remove(self, register: TestRegister, person: str, begin: str, end: str) -> Any:
        """Remove under TYPE."""
        request = RemoveRequest(niss=person, dossier_type=TYPE, period=Period(begin=begin, end=end))
        return self.registers.Remove(request, metadata=register.caller, timeout=60)

    def lines(self, register: TestRegister, person: str) -> list[tuple[str, str, str]]:
        """Number, begin and end of the current lines of a person in the register."""
        answer = self.registers.Consult(ConsultRequest(niss=[person]), metadata=register.caller)
        return [(d.niss, line.begin, line.end) for d in answer.dossiers for line in d.periods]

    def log(self, register: TestRegister, after: int = 0) -> list[Mutation]:
        """The mutations of a register, in order."""
        found: list[Mutation] = []
        while True:
            request = ListMutationsRequest(after_revision=after, page_size=1_000)
            page = self.stream.ListMutations(request, metadata=register.caller)
            found.extend(page.mutations)
            after = page.through_revision
            if after >= page.latest_revision:
                return found


def inscription(person: str, begin: str, end: str, **more: Any) -> Inscription:
    """An inscription under TYPE."""
    return Inscription(niss=person, dossier_type=TYPE, period=Period(begin=begin, end=end), **more)


def replayed(log: Sequence[Mutation]) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The dossiers after a log; each mutation must begin with the lines with which the previous one ended."""
    state: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for revision, mutation in enumerate(log, log[0].revision if log else 1):
        assert mutation.revision == revision, "no hole, nothing twice"
        if not mutation.HasField("dossier_type"):
            continue
        key = (mutation.niss, mutation.dossier_type)
        assert state.get(key, []) == _lines(mutation.before)
        state[key] = _lines(mutation.after)
    return {key: lines for key, lines in state.items() if lines}


def _lines(periods: Iterable[Period]) -> list[tuple[str, str]]:
    return [(period.begin, period.end) for period in periods]
