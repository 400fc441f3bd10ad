"""Contents and erased contents in the answers of the three calls that return mutations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import niss_text
from raas.rpc.wire.persons.identities import identity_message
from raas.usecases.admin.erase import EraseContents
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_rows import ImportedPerson
from raas.usecases.ports.audit.journal import NoJournal
from raas.v1 import mutation_stream_pb2 as v1
from raas.v1 import register_service_pb2 as registers_v1
from raas.v1.mutation_pb2 import Mutation, MutationKind
from tests.rights import identity_authorisation
from tests.stream.harness import StreamHarness, stream_harness
from tests.stream.history import Begun, Mutations, Subscriber
from tests.stream.reading import metadata, record_of
from tests.stream.validate import validate
from tests.usecases.persons.harness import WHOLE, PersonHarness, an_identity

CHANGED = int(MutationKind.MUTATION_KIND_IDENTITY_CHANGED)


@pytest.fixture
async def stream(engine: AsyncEngine, reading_engine: AsyncEngine) -> AsyncIterator[StreamHarness]:
    async with stream_harness(engine, reading_engine) as opened:
        yield opened


@pytest.fixture
def persons(engine: AsyncEngine, reading_engine: AsyncEngine) -> PersonHarness:
    return PersonHarness(engine, reading_engine)


async def subscribed(stream: StreamHarness, number: str, after: int, through: int) -> list[Mutation]:
    """The mutations that a stream sends between two revisions."""
    request = v1.SubscribeRequest(after_revision=after)
    call = stream.stream.Subscribe(request, metadata=metadata(number), timeout=20)
    found: list[Mutation] = []
    async for message in call:
        found += message.mutations.mutations
        if message.mutations.through_revision >= through:
            call.cancel()
            break
    return found


async def shown(stream: StreamHarness, register: AdmittedRegister, niss: int) -> list[list[Mutation]]:
    """The changes of identity as each of the three calls returns them."""
    number = enterprise_number_text(register.enterprise_number)
    history = await stream.registers.GetHistory(
        registers_v1.GetHistoryRequest(niss=f"{niss:011d}"), metadata=metadata(number)
    )
    listed = await stream.stream.ListMutations(v1.ListMutationsRequest(), metadata=metadata(number))
    streamed = await subscribed(stream, number, 0, listed.latest_revision)
    return [
        [m for m in each if m.kind == CHANGED] for each in (history.mutations, listed.mutations, streamed)
    ]


async def test_every_read_shows_contents_and_later_their_erasure(
    stream: StreamHarness, persons: PersonHarness
) -> None:
    register = await persons.register()
    await stream.rights.put(identity_authorisation(register.enterprise_number))
    niss = await persons.person(an_identity("Peeters"))
    await persons.inscribe(register, niss, "2020-01-01", "2020-12-31")
    await persons.imported([ImportedPerson(niss, identity=WHOLE)])

    before = await shown(stream, register, niss)
    assert before[0] == before[1] == before[2]
    ((mutation,), _, _) = before
    change = mutation.identity_change
    assert mutation.niss == niss_text(niss)
    assert list(change.fields)[:2] == ["last_name", "first_names"]
    assert change.before.last_name == "Peeters"
    assert change.after == identity_message(replace(WHOLE, sex=None))
    assert not change.HasField("content_erased_time")

    await EraseContents(persons.contents, NoJournal()).by_person(datetime.now(UTC), niss)
    after = await shown(stream, register, niss)
    assert after[0] == after[1] == after[2]
    erased = after[0][0].identity_change
    assert (list(erased.fields), erased.content_hash) == (list(change.fields), change.content_hash)
    assert erased.HasField("content_erased_time")
    assert not any(erased.HasField(name) for name in ("before", "after", "effective_date"))
    assert after[0][0].checksum == mutation.checksum


async def test_the_checksum_follows_before_and_after_an_erasure(
    stream: StreamHarness, persons: PersonHarness
) -> None:
    register = await persons.register()
    await stream.rights.put(identity_authorisation(register.enterprise_number))
    number = enterprise_number_text(register.enterprise_number)
    niss = await persons.person(an_identity("Peeters"))
    await persons.inscribe(register, niss, "2020-01-01", "2020-12-31")
    for name in ("Janssens", "Maes"):
        await persons.imported([ImportedPerson(niss, identity=an_identity(name))])
    sent = Subscriber("before the erasure")
    last = 4
    sent.events += [Begun(0), Mutations(await subscribed(stream, number, 0, last), last)]
    record = await record_of(stream.channel, number, [], [sent])
    assert validate(record) == []
    assert [m.identity_change.after.last_name for m in record.log[2:]] == ["Janssens", "Maes"]

    await EraseContents(persons.contents, NoJournal()).by_person(datetime.now(UTC), niss)
    record = await record_of(stream.channel, number, [], [sent])
    # Messages received before the erasure remain valid: they differ only in the erased contents.
    assert validate(record) == []
    assert all(m.identity_change.HasField("content_erased_time") for m in record.log[2:])
