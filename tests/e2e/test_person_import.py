"""ImportPersons, interrupted by kills of the server and repeated: every row is applied exactly once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import grpc

from raas.v1.mutation_pb2 import MutationKind
from raas.v1.person_pb2 import Person
from raas.v1.person_service_pb2 import GetPersonRequest, ImportPersonsRequest, ImportPersonsResponse
from tests.e2e.persons import CANCELLED, REPLACED, SOURCE, Persons, a_person, replayed
from tests.e2e.registers import new_register
from tests.e2e.servers import Server

IMPORT_ID, PER_MESSAGE = "killed", 25
NEW, CHANGED, DEAD, MOVED, GONE, BAD = 400, 60, 30, 30, 20, 10


def messages(rows: Sequence[Person], offset: int) -> Iterator[ImportPersonsRequest]:
    for begin in range(offset, len(rows), PER_MESSAGE):
        some = rows[begin : begin + PER_MESSAGE]
        yield ImportPersonsRequest(import_id=IMPORT_ID, offset=begin, persons=some)


def attempt(
    persons: Persons, rows: Sequence[Person], enough: threading.Event | None = None, after: int = 0
) -> tuple[bool, list[ImportPersonsResponse]]:
    """Continue the import at the server's offset; answers whether it ended. Some answers set `enough`."""
    import_persons = persons.service.ImportPersons
    answers: list[ImportPersonsResponse] = []
    try:
        asking = iter([ImportPersonsRequest(import_id=IMPORT_ID)])
        first = next(import_persons(asking, metadata=SOURCE, wait_for_ready=True, timeout=60))
        for answer in import_persons(messages(rows, first.through_offset), metadata=SOURCE, timeout=120):
            answers.append(answer)
            if enough and len(answers) == after:
                enough.set()
        return True, answers
    except grpc.RpcError as error:
        if error.code() not in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
            raise
        return False, answers
    finally:
        if enough:
            enough.set()


def test_import_applies_each_row_once_while_the_server_is_killed(local_server: Server) -> None:
    persons, register = Persons(local_server), new_register(local_server)
    held = persons.known(CHANGED + DEAD + 2 * MOVED + GONE)
    for niss in held:
        persons.inscribe(register, niss, "2024-01-01", "2024-12-31")
    begun = register.state().revision
    changed, dead = held[:CHANGED], held[CHANGED : CHANGED + DEAD]
    moved = held[CHANGED + DEAD :][:MOVED]
    successors, gone = held[CHANGED + DEAD + MOVED :][:MOVED], held[-GONE:]
    rows = [a_person() for _ in range(NEW)]
    new = [row.niss for row in rows]
    rows += [a_person(niss, last_name="Peeters") for niss in changed]
    rows += [a_person(niss, death_date="2025-03-01") for niss in dead]
    rows += [Person(niss=a, status=REPLACED, replaced_by=b) for a, b in zip(moved, successors, strict=True)]
    rows += [Person(niss=niss, status=CANCELLED) for niss in gone]
    bad = [Person(niss=f"{n:011}") for n in range(BAD)]
    rows += bad
    chance = random.Random(3)
    chance.shuffle(rows)

    with ThreadPoolExecutor(1) as one:
        for _ in range(5):
            enough = threading.Event()
            importing = one.submit(attempt, persons, rows, enough, chance.randrange(1, 5))
            assert enough.wait(60)
            local_server.kill()
            local_server.start()
            importing.result(120)
    while not attempt(persons, rows)[0]:
        pass

    log = persons.log(register, begun)
    assert Counter(MutationKind.Name(m.kind).removeprefix("MUTATION_KIND_") for m in log) == {
        "IDENTITY_CHANGED": CHANGED + DEAD,
        "NISS_REPLACED": 2 * MOVED,
        "NISS_CANCELLED": GONE,
    }
    told = Counter(m.niss for m in log if m.kind == MutationKind.MUTATION_KIND_IDENTITY_CHANGED)
    assert told == Counter([*changed, *dead])
    assert {niss for niss, _ in replayed(persons.log(register))} == {*held} - {*moved}
    for niss in (*changed, *dead):
        asked = GetPersonRequest(niss=niss)
        assert persons.service.GetPerson(asked, metadata=register.caller).person.version == 2
    for niss in new:
        persons.inscribe(register, niss, "2024-01-01", "2024-01-01")
        asked = GetPersonRequest(niss=niss)
        assert persons.service.GetPerson(asked, metadata=register.caller).person.version == 1

    # Repeated from its beginning, the import applies nothing and reports the rejected rows again.
    asked_again = persons.service.ImportPersons(messages(rows, 0), metadata=SOURCE)
    again = [(answer.applied, answer.unchanged, list(answer.rejected)) for answer in asked_again]
    assert [(applied, unchanged) for applied, unchanged, _ in again] == [(0, 0)] * len(again)
    rejected = [each.offset for _, _, rejected in again for each in rejected]
    assert rejected == [offset for offset, row in enumerate(rows) if row in bad]
    # Under another id every row is examined again and is unchanged.
    answers = [persons.import_rows(rows[i : i + 100], "again", i) for i in range(0, len(rows), 100)]
    assert sum(answer.applied for answer in answers) == 0
    assert sum(answer.unchanged for answer in answers) == len(rows) - BAD
