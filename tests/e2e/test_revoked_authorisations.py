"""A revoked authorisation for identities, on a stream that another process has open."""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from threading import Thread
from typing import Any

import grpc
import psycopg
import pytest

from raas.v1.administration_service_pb2 import ConfirmGrantRequest, GrantRoleRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.authorisation_pb2 import Authorisation
from raas.v1.distribution_service_pb2 import GrantAuthorisationRequest, RevokeAuthorisationRequest
from raas.v1.distribution_service_pb2_grpc import DistributionServiceStub
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_pb2 import IdentityChange, MutationKind
from raas.v1.mutation_stream_pb2 import LatestStart, SubscribeRequest
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.person_service_pb2 import GetPersonRequest, ImportPersonsRequest
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2 import CreateDossierTypeRequest, InscribeRequest
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas.v1.role_pb2 import Role
from tests.conftest import ABOUT_CALLERS
from tests.e2e.identified import (
    ADMINISTRATOR,
    OTHER,
    OWNER,
    SECOND,
    IdentifiedServer,
    identified_server,
    second_server,
)
from tests.e2e.persons import a_person, new_niss
from tests.eventually import eventually

pytestmark = ABOUT_CALLERS

TYPE = "HEALTH_INSURANCE"
CHANGED = MutationKind.MUTATION_KIND_IDENTITY_CHANGED
FRESH = 1.0
"""Seconds after which no process decides by the rights from before a change, whatever it was told."""

_names = map("".join, itertools.product(("Jan", "Maes", "Wil"), ("s", "sen", "ens")))


@dataclass(frozen=True, slots=True)
class World:
    """A person known to the register of OWNER, the source of persons, and two servers on one database."""

    first: IdentifiedServer
    second: IdentifiedServer
    niss: str

    def grant(self) -> Authorisation:
        """Let the register see all identities."""
        request = GrantAuthorisationRequest(
            service="PERSON_IDENTITY", register=OWNER, deliberation="24/001", valid_from="2024-01-01"
        )
        with called(self.first, ADMINISTRATOR) as channel:
            authorisation = DistributionServiceStub(channel).GrantAuthorisation(request).authorisation
        with called(self.first, SECOND) as channel:
            confirmation = ConfirmGrantRequest(authorisation_id=authorisation.id)
            AdministrationServiceStub(channel).ConfirmGrant(confirmation)
        eventually(lambda: self.shown() != "")
        return authorisation

    def shown(self) -> str:
        """The last name that the second server shows to OWNER; "" where it withholds it."""
        with called(self.second, OWNER) as channel:
            person = PersonServiceStub(channel).GetPerson(GetPersonRequest(niss=self.niss)).person
        assert ("last_name" in person.withheld_fields) is not person.identity.HasField("last_name")
        return str(person.identity.last_name)

    def rename(self) -> str:
        """Change the last name by the first server; returns the new one."""
        name = next(_names)
        request = ImportPersonsRequest(persons=[a_person(self.niss, last_name=name)])
        with called(self.first, OTHER) as channel:
            (answer,) = PersonServiceStub(channel).ImportPersons(iter([request]))
        assert answer.applied == 1
        return name

    @contextmanager
    def changes(self) -> Iterator[Queue[IdentityChange | grpc.RpcError]]:
        """The changes of identity on a stream of OWNER, opened on the second server."""
        arrived: Queue[IdentityChange | grpc.RpcError] = Queue()
        with called(self.second, OWNER) as channel:
            request = SubscribeRequest(latest=LatestStart(), kinds=[CHANGED])
            call = MutationStreamStub(channel).Subscribe(request)
            next(call)

            def read() -> None:
                try:
                    for message in call:
                        for mutation in message.mutations.mutations:
                            arrived.put(mutation.identity_change)
                except grpc.RpcError as error:
                    arrived.put(error)

            reader = Thread(target=read)
            reader.start()
            try:
                yield arrived
            finally:
                call.cancel()
                reader.join()


def revoke(world: World, authorisation: Authorisation) -> None:
    with called(world.first, ADMINISTRATOR) as channel:
        request = RevokeAuthorisationRequest(authorisation_id=authorisation.id)
        DistributionServiceStub(channel).RevokeAuthorisation(request)


def revoke_unnoticed(world: World, authorisation: Authorisation) -> None:
    """Revoke in the database, as where the notification is lost."""
    with connected(world) as connection:
        (version,) = connection.execute(
            "UPDATE rights_version SET version = version + 1 RETURNING version"
        ).fetchone() or (0,)
        connection.execute(
            "UPDATE authorisation SET version = %s, revoked_by = register, revoke_time = clock_timestamp() "
            "WHERE id = %s",
            (version, authorisation.id),
        )


def revoke_without_listeners(world: World, authorisation: Authorisation) -> None:
    """Revoke while the connections are cut by which the servers are notified."""
    with connected(world) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'raas rights' AND datname = current_database()"
        ).fetchall()
    assert cut
    revoke(world, authorisation)


@contextmanager
def called(place: IdentifiedServer, caller: str) -> Iterator[grpc.Channel]:
    with place.by_certificate(place.authority.client(caller, "test")) as channel:
        yield channel


@contextmanager
def connected(world: World) -> Iterator[psycopg.Connection[Any]]:
    dsn = world.first.dsn
    with psycopg.connect(dsn) as connection:
        yield connection


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        identified_server(
            tmp_path_factory.mktemp("identities"), authentic_source="local", retries=True
        ) as first,
        second_server(first, authentic_source="local") as second,
    ):
        with called(first, ADMINISTRATOR) as channel:
            request = GrantRoleRequest(enterprise_number=OTHER, role=Role.ROLE_AUTHENTIC_SOURCE)
            granted = AdministrationServiceStub(channel).GrantRole(request).grant
        with called(first, SECOND) as channel:
            AdministrationServiceStub(channel).ConfirmGrant(ConfirmGrantRequest(grant_id=granted.id))
        world = World(first, second, new_niss())
        world.rename()
        with called(first, OWNER) as channel:
            register = RegisterServiceStub(channel)
            register.CreateDossierType(CreateDossierTypeRequest(dossier_type=DossierType(code=TYPE)))
            register.Inscribe(
                InscribeRequest(niss=world.niss, dossier_type=TYPE, period=Period(begin="2024-01-01"))
            )
        yield world


@pytest.mark.parametrize("ending", [revoke, revoke_unnoticed, revoke_without_listeners])
def test_open_stream_withholds_identities_a_second_after_a_revocation_elsewhere(
    world: World, ending: Callable[[World, Authorisation], None]
) -> None:
    assert world.shown() == ""
    authorisation = world.grant()
    with world.changes() as arrived:
        name = world.rename()
        assert_shown(arrived.get(timeout=30), name)
        ending(world, authorisation)
        time.sleep(FRESH)
        assert world.shown() == ""
        world.rename()
        # The stream goes on: it tells that something has changed, and nothing more.
        assert_withheld(arrived.get(timeout=30))


def test_process_that_was_stopped_withholds_identities_on_its_streams(world: World) -> None:
    authorisation = world.grant()
    with world.changes() as arrived:
        name = world.rename()
        assert_shown(arrived.get(timeout=30), name)
        os.kill(world.second.pid, signal.SIGSTOP)
        try:
            revoke(world, authorisation)
            world.rename()
            time.sleep(FRESH)
        finally:
            os.kill(world.second.pid, signal.SIGCONT)
        assert_withheld(arrived.get(timeout=30))
    assert world.shown() == ""


def assert_shown(change: IdentityChange | grpc.RpcError, name: str) -> None:
    assert isinstance(change, IdentityChange), change
    assert (change.after.last_name, list(change.withheld_fields)) == (name, [])


def assert_withheld(change: IdentityChange | grpc.RpcError) -> None:
    """A change that names its field and tells nothing else about the person."""
    assert isinstance(change, IdentityChange), change
    hashed = change.content_hash
    assert change == IdentityChange(fields=["last_name"], withheld_fields=["last_name"], content_hash=hashed)
