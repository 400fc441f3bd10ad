"""An authentic source that replaces, restores and cancels the numbers of persons at random."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import grpc
import grpc.aio

from raas.v1 import person_service_pb2 as v1
from raas.v1.identity_pb2 import Identity
from raas.v1.person_pb2 import Person, RegisterOfOrigin
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from tests.rpc.harness import with_its_status
from tests.stream.reading import PASSING, Channels, metadata

_PAUSE_SECONDS = 0.05

# Expected refusals of a random call: the number is replaced, cancelled or unknown at that moment.
_REFUSED = {grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.NOT_FOUND}

_NAMES = ("Peeters", "Janssens", "Maes", "Dubois", "Lambert")


def _person(niss: str, last_name: str) -> Person:
    identity = Identity(last_name=last_name, birth_date=f"19{niss[:2]}-01-{niss[4:6]}")
    return Person(niss=niss, register_of_origin=RegisterOfOrigin.REGISTER_OF_ORIGIN_BIS, identity=identity)


async def introduce(channel: grpc.aio.Channel, register: str, people: Sequence[str]) -> None:
    """Import these persons into the source."""
    rows = [_person(niss, _NAMES[0]) for niss in people]
    applied = await _import(PersonServiceStub(channel), register, rows)
    assert applied == len(people)


async def change_persons_for(
    channels: Channels, register: str, people: Sequence[str], seed: int, enough: Callable[[], bool]
) -> Counter[str]:
    """Make random changes until enough; returns how many of each succeeded. Lost calls are ignored."""
    chance = random.Random(seed)
    done: Counter[str] = Counter()
    while not enough():
        async with channels() as channel:
            stub = PersonServiceStub(channel)
            try:
                while not enough():
                    done[await _change(stub, register, people, chance)] += 1
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
        await asyncio.sleep(_PAUSE_SECONDS)
    return done


async def _change(stub: Any, register: str, people: Sequence[str], chance: random.Random) -> str:
    niss, other = chance.sample(people, 2)
    name = chance.choice(_NAMES)
    what = chance.choice(
        ("replace", "replace", "restore", "restore", "restore", "cancel", "update", "import", "import")
    )
    given: Mapping[str, Any] = {"metadata": metadata(register), "timeout": 20}
    try:
        match what:
            case "replace":
                await stub.ReplaceNiss(v1.ReplaceNissRequest(niss=niss, successor_niss=other), **given)
            case "restore":
                await stub.RestoreNiss(v1.RestoreNissRequest(niss=niss), **given)
            case "cancel":
                await stub.CancelNiss(v1.CancelNissRequest(niss=niss), **given)
            case "update":
                request = v1.UpdatePersonRequest(
                    niss=niss, identity=Identity(last_name=name), source_date="2026-01-01"
                )
                request.update_mask.paths.append("last_name")
                await stub.UpdatePerson(request, **given)
            case _:
                await _import(stub, register, [_person(niss, name)])
    except grpc.aio.AioRpcError as error:
        if error.code() not in _REFUSED:
            raise
        return "refused"
    return what


async def _import(stub: Any, register: str, rows: Sequence[Person]) -> int:
    async def answers() -> list[Any]:
        rows_asked = iter([v1.ImportPersonsRequest(persons=rows)])
        call = stub.ImportPersons(rows_asked, metadata=metadata(register), timeout=20)
        return [answer async for answer in call]

    return sum(answer.applied for answer in await with_its_status(answers))


async def successors(channel: grpc.aio.Channel, register: str, people: Sequence[str]) -> dict[str, str]:
    """The current number of each person, according to the source."""
    answer = await PersonServiceStub(channel).CheckPersons(
        v1.CheckPersonsRequest(checks=[v1.PersonCheck(niss=niss) for niss in people]),
        metadata=metadata(register),
    )
    return {state.niss: state.successor_niss or state.niss for state in answer.states}
