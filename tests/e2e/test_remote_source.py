"""A register whose authentic source is another server: queried before the write queue, cached, and killed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import pytest

from raas.v1.identity_pb2 import IdentityClaim
from raas.v1.person_service_pb2 import CancelNissRequest, GetPersonRequest, ReplaceNissRequest
from raas.v1.register_service_pb2 import ApplyBatchRequest, BatchOperation, ImportRequest
from tests.e2e.persons import CANCELLED, SOURCE, Persons, a_person, inscription, new_niss
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.repeated import repeated
from tests.e2e.servers import LOCAL, Server, running_server
from tests.rpc.harness import Refusal, told


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Server]:
    """The server that holds the persons."""
    directory = tmp_path / "source"
    directory.mkdir()
    with running_server(directory, *LOCAL) as running:
        yield running


@pytest.fixture
def here(tmp_path: Path, source: Server) -> Iterator[Server]:
    """The server that uses it as its authentic source."""
    directory = tmp_path / "here"
    directory.mkdir()
    with running_server(directory, "--authentic-source", source.target) as running:
        yield running


def refusal(call: Any, *given: Any, **more: Any) -> Refusal:
    with pytest.raises(grpc.RpcError) as raised:
        call(*given, **more)
    return told(raised.value)


answered = partial(repeated, while_="AUTHENTIC_SOURCE_UNAVAILABLE")
"""Makes a call again while the source needs longer than its two seconds."""


def day(persons: Persons, register: TestRegister, person: str, on: str, **more: Any) -> Any:
    return persons.inscribe(register, person, on, on, **more)


def test_remote_source_is_used_until_it_is_killed(source: Server, here: Server) -> None:
    there, local = Persons(source), Persons(here)
    ann, old, bob, never_asked = there.known(4)
    gone, dead = a_person(), a_person(death_date="2020-03-01")
    gone.status = CANCELLED
    there.import_rows([gone, dead])
    there.service.ReplaceNiss(ReplaceNissRequest(niss=old, successor_niss=ann), metadata=SOURCE)
    register = new_register(here)

    # Single calls, batches and imports query it.
    assert answered(day, local, register, ann, "2024-01-01").dossier.niss == ann
    followed = answered(day, local, register, old, "2024-01-02")
    assert (followed.dossier.niss, followed.replaced_niss) == (ann, old)
    noticed = answered(day, local, register, dead.niss, "2024-01-01")
    assert [notice.field for notice in noticed.notices] == ["niss"]
    unknown = refusal(answered, day, local, register, new_niss(), "2024-01-01")
    assert (unknown.status, unknown.info.reason) == ("NOT_FOUND", "NISS_UNKNOWN")
    assert refusal(answered, day, local, register, gone.niss, "2024-01-01").info.reason == "NISS_CANCELLED"
    former, withdrawn = there.known(2)
    there.service.ReplaceNiss(ReplaceNissRequest(niss=former, successor_niss=withdrawn), metadata=SOURCE)
    there.service.CancelNiss(CancelNissRequest(niss=withdrawn), metadata=SOURCE)
    assert refusal(answered, day, local, register, former, "2024-01-01").info.reason == "NISS_CANCELLED"
    claim = IdentityClaim(last_name="Janssens", birth_date="1968-06-15")
    differs = refusal(answered, day, local, register, bob, "2024-01-01", identity=claim)
    assert differs.info.metadata["fields"] == "last_name,birth_date"
    # They are checked within the two seconds that the server gives a source.
    numbers = there.known(300)
    batch = [BatchOperation(inscribe=inscription(person, "2024-01-01", "2024-01-01")) for person in numbers]
    answered(local.registers.ApplyBatch, ApplyBatchRequest(operations=batch), metadata=register.caller)
    revision = register.state().revision
    assert revision == len(TYPES) + 3 + 300

    # This server has no PersonService.
    persons = refusal(local.service.GetPerson, GetPersonRequest(niss=ann), metadata=register.caller)
    assert (persons.status, persons.info.reason, persons.retry) == (
        "UNIMPLEMENTED",
        "PERSONS_KEPT_ELSEWHERE",
        False,
    )

    # Its answer is cached for 30 seconds from here.
    (cached,) = there.known(1)
    revision = answered(day, local, register, cached, "2024-01-01").revision
    source.kill()
    begun = time.monotonic()
    away = refusal(day, local, register, never_asked, "2024-01-01")
    claimed = refusal(day, local, register, ann, "2024-01-03", identity=IdentityClaim(last_name="X"))
    for each in (away, claimed):
        assert (each.status, each.info.reason, each.retry) == (
            "UNAVAILABLE",
            "AUTHENTIC_SOURCE_UNAVAILABLE",
            True,
        )
    row = BatchOperation(inscribe=inscription(never_asked, "2024-01-01", "2024-01-01"))
    with pytest.raises(grpc.RpcError) as raised:
        list(local.registers.Import(iter([ImportRequest(operations=[row])]), metadata=register.caller))
    assert told(raised.value).info.reason == "AUTHENTIC_SOURCE_UNAVAILABLE"
    assert time.monotonic() - begun < 60
    # Cached answers are still used, and refused operations changed nothing.
    assert register.state().revision == revision
    assert day(local, register, cached, "2024-01-03").revision == revision + 1

    source.start()

    assert answered(day, local, register, never_asked, "2024-01-01").revision == revision + 2
