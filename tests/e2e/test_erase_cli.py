"""`raas erase` on the database of a running server: contents are erased, log and checksums stay."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.domain.numbers.niss import Niss, niss_text
from raas.domain.persons.identity import Identity
from raas.storage.connection.database import open_database
from raas.usecases.calls.access import AdmittedRegister
from raas.usecases.persons.import_rows import ImportedPerson
from raas.v1.mutation_pb2 import Mutation
from tests.conftest import CITUS_DSN
from tests.e2e.registers import TestRegister, see_identities
from tests.e2e.servers import ROOT, Server, raas
from tests.eventually import eventually
from tests.lock_waits import waiting_for
from tests.usecases.persons.harness import PersonHarness, a_call


@pytest.fixture(scope="module")
async def harness(server: Server) -> AsyncIterator[PersonHarness]:
    """Use cases that change persons, on the database of the shared server."""
    writing, reading = open_database(server.dsn), open_database(server.dsn, autocommit=True)
    yield PersonHarness(writing, reading)
    await writing.dispose()
    await reading.dispose()


async def told(harness: PersonHarness, register: AdmittedRegister, *last_names: str) -> Niss:
    """Change the name of a person of the register this many times; each change is in the log."""
    niss = await harness.person()
    await harness.inscribe(register, niss, "2024-01-01", "2024-12-31")
    for name in last_names:
        await harness.imported([ImportedPerson(niss, identity=Identity(name))])
    return niss


async def log_of(server: Server, register: AdmittedRegister) -> list[Mutation]:
    """All mutations of a register that may see identities, by ListMutations."""
    owner = TestRegister(server, enterprise_number_text(register.enterprise_number))
    see_identities(owner)
    async with owner.client() as client:
        return [mutation async for mutation in client.mutations()]


def names(log: list[Mutation]) -> list[str | None]:
    """The new name in each change of identity; None if it was erased."""
    return [
        mutation.identity_change.after.last_name if mutation.identity_change.HasField("after") else None
        for mutation in log
        if mutation.HasField("identity_change")
    ]


def erased(server: Server, *arguments: str, stdin: str | None = None) -> int:
    """The number of erased contents that `raas erase` reports."""
    given = None if stdin is None else stdin.encode()
    done = raas("erase", "--json", *arguments, environment=server.environment, stdin=given)
    result = json.loads(done.stdout)
    assert result["complete"]
    return int(result["erased"])


async def test_erase_by_person_covers_all_numbers_of_the_person(
    server: Server, harness: PersonHarness
) -> None:
    register = await harness.register()
    old = await told(harness, register, "One", "Two")
    new = await told(harness, register, "Three")
    other = await told(harness, register, "Four")
    await harness.numbers.replace(a_call(), old, new, validate_only=False)
    before = await log_of(server, register)
    assert names(before) == ["One", "Two", "Three", "Four"]
    began = datetime.now(UTC)
    assert erased(server, "--niss", niss_text(old)) == 3
    after = await log_of(server, register)
    assert names(after) == [None, None, None, "Four"]
    for mutation in after:
        change = mutation.identity_change
        if mutation.HasField("identity_change") and not change.HasField("after"):
            assert not change.HasField("before")
            assert list(change.fields) == ["last_name"]
            assert change.content_erased_time.ToDatetime(UTC) > began - timedelta(minutes=1)
    # The rest of each mutation and the chain of checksums are unchanged.
    assert [each.checksum for each in after] == [each.checksum for each in before]
    assert erased(server, "--niss", "-", stdin=f"{niss_text(other)}\n") == 1
    assert erased(server, "--niss", niss_text(other)) == 0
    assert names(await log_of(server, register)) == [None] * 4


async def test_erase_by_age(server: Server, harness: PersonHarness) -> None:
    register = await harness.register()
    await told(harness, register, "One", "Two", "Three")
    ages = ("13 months", "40 days", "1 hour")
    with psycopg.connect(server.dsn) as connection:
        contents = connection.execute(
            "SELECT content_id FROM mutation WHERE register_id = %s AND content_id IS NOT NULL "
            "ORDER BY revision",
            (register.id,),
        ).fetchall()
        for (content,), age in zip(contents, ages, strict=True):
            connection.execute(
                "UPDATE content SET create_time = statement_timestamp() - %s::interval WHERE id = %s",
                (age, content),
            )
    assert erased(server) == 1
    assert names(await log_of(server, register)) == [None, "Two", "Three"]
    assert erased(server, "--older-than", "2 months") == 0
    assert erased(server, "--older-than", "30 days") == 1
    assert names(await log_of(server, register)) == [None, None, "Three"]
    said = raas("erase", "--older-than", "1 month", environment=server.environment).stdout
    assert said == "0 contents erased\n"


async def test_erase_works_in_batches_and_keeps_them_when_interrupted(
    server: Server, harness: PersonHarness
) -> None:
    niss = await harness.person()
    with (
        psycopg.connect(server.dsn) as holder,
        psycopg.connect(server.dsn, autocommit=True) as observer,
    ):
        last = observer.execute(
            "INSERT INTO content (niss, kind, body, salt, hash) "
            "SELECT %s, 6, '{}', '\\x00', '\\x00' FROM generate_series(1, 12000) RETURNING id",
            (niss,),
        ).fetchall()[-1]
        # The last row is locked, so that the third batch waits.
        holder.execute("SELECT 1 FROM content WHERE id = %s FOR UPDATE", last)
        process = subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "erase", "--json", "--niss", niss_text(niss)],
            cwd=ROOT,
            env=server.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            await asyncio.to_thread(eventually, lambda: waiting_for(holder, observer) == 1, 60)
        finally:
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=60)
        assert process.returncode == 130
        result = json.loads(said)
        # On a cluster the lock of one row of a copied table keeps every change of the table waiting.
        before = 0 if CITUS_DSN else 10_000
        assert (result["complete"], result["erased"]) == (False, before)
        assert result["error"]["reason"] == "INTERRUPTED"
        holder.rollback()
    assert erased(server, "--niss", niss_text(niss)) == 12_000 - before
