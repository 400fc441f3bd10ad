"""Rows in PostgreSQL that an earlier version wrote: request ids and skipped rows of imports."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from psycopg.types.json import Jsonb
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.errors import Reason, Violation
from raas.domain.registers.operation import Action, Operation
from raas.storage.connection.transactions import Transactions
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.calls.call import Call
from raas.usecases.calls.fingerprint import RequestId
from raas.usecases.persons.identities import NoIdentities
from raas.usecases.ports.write_store import AnsweredRequest, LoadRequest
from raas.usecases.writes.imports import ImportAnswer, ImportMessage, Imports
from tests.usecases.persons.harness import PersonHarness, a_call, an_identity, new_niss

EARLIER = [{"field": "niss", "reason": "NISS_UNKNOWN", "sentence": "", "values": {}}]
SKIPPED = (Violation("niss", Reason.NISS_UNKNOWN),)


async def execute(engine: AsyncEngine, statement: str, *parameters: object) -> None:
    async with Transactions(engine).begin() as transaction:
        connection = transaction.connection
        await connection.execute(statement, parameters)
        await connection.commit()


async def test_request_ids_keep_the_form_of_their_version(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, caller = await harness.register(), "0999999922"
    await execute(
        engine,
        "INSERT INTO request (register_id, caller, request_id, body_hash, answer) "
        "VALUES (%s, %s, %s, %s, %s)",
        register.id,
        caller,
        "earlier",
        b"h" * 32,
        b"protobuf",
    )
    wanted = LoadRequest(requests=[(caller, "earlier"), (caller, "none")])
    loaded = await harness.write_store.snapshot(register.id, wanted)
    assert loaded.requests == {(caller, "earlier"): AnsweredRequest(b"h" * 32, b"protobuf")}


async def test_an_import_reports_rows_that_an_earlier_version_skipped(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    register, call = await harness.register(), a_call()
    caller = call.caller.key.text
    await execute(
        engine,
        "INSERT INTO import_progress (register_id, caller, import_id, through_offset) "
        "VALUES (%s, %s, 'i', 2)",
        register.id,
        caller,
    )
    await execute(
        engine,
        'INSERT INTO import_rejection (register_id, caller, import_id, "offset", violations) '
        "VALUES (%s, %s, 'i', 1, %s)",
        register.id,
        caller,
        Jsonb(EARLIER),
    )
    answer = await _imported(harness, call, register)
    assert (answer.through_offset, answer.rejected) == (2, ((1, SKIPPED),))


async def test_a_person_created_by_an_earlier_version_is_answered_again(
    engine: AsyncEngine, reading_engine: AsyncEngine
) -> None:
    harness = PersonHarness(engine, reading_engine)
    niss, call, key = await harness.person(), a_call(), str(new_niss())
    await execute(
        engine,
        "INSERT INTO person_request (caller, request_id, body_hash, niss) VALUES (%s, %s, %s, %s)",
        call.caller.key.text,
        key,
        b"h" * 32,
        niss,
    )
    creating = harness.creating(new_niss())
    identity = replace(an_identity("Peeters", "1968-06-14", "An"), birth_place="Oujda")
    answer = await creating.create(call, identity, (), RequestId(key, lambda: b"h" * 32))
    assert answer.person is not None
    assert answer.person.niss == niss


async def _imported(harness: PersonHarness, call: Call, register: AdmittedRegister) -> ImportAnswer:
    imports = Imports(harness.write_queues, harness.write_store, harness.source, NoIdentities())

    async def messages() -> AsyncIterator[ImportMessage]:
        yield ImportMessage("i", 0, [Operation(Action.REMOVE, new_niss(), "HEALTH", None)] * 2)

    (answer,) = [answer async for answer in imports.run(call, register, messages())]
    return answer
