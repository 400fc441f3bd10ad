"""`raas trim` on the database of a running server, beside writers, readers and subscribers."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from raas.v1.mutation_stream_pb2 import ListMutationsResponse
from raas_client import (
    AfterRevision,
    Checkpoint,
    Mutations,
    RaasClient,
    RevisionExpired,
    Subscription,
    inscription,
)
from tests.conftest import CITUS_DSN
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import ROOT, Server, clean_environment, free_port, raas, running_server
from tests.eventually import eventually
from tests.lock_waits import waiting_for
from tests.oracle import numbers

PEOPLE = [numbers.niss(1991, 63, 4, counter) for counter in range(1, 51)]
FIRST_DAY = date(1950, 1, 1).toordinal()


def trimmed(server: Server, *arguments: str, status: int = 0) -> dict[str, Any]:
    """The result of `raas trim --json`."""
    done = raas("trim", "--json", *arguments, environment=server.environment, status=status)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


async def fill(register: TestRegister, mutations: int) -> int:
    """Make this many mutations, in batches of 500; returns the revision before them."""
    before = register.state().revision
    async with register.client() as client:
        for first in range(0, mutations, 500):
            batch = range(first, min(first + 500, mutations))
            await client.apply_batch([inscription(person(n), TYPES[0], day(n), day(n)) for n in batch])
    assert register.state().revision == before + mutations
    return before


def person(number: int) -> str:
    return PEOPLE[number % len(PEOPLE)]


def day(number: int) -> date:
    """Days of one person never touch each other."""
    return date.fromordinal(FIRST_DAY + number // len(PEOPLE) * 2)


@contextmanager
def trimming(server: Server, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`raas trim` as a process that can be interrupted; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "raas.cli", "trim", "--json", *arguments],
        cwd=ROOT,
        env=server.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


async def page_after(client: RaasClient, revision: int) -> ListMutationsResponse:
    """The first page after a revision."""
    async with aclosing(client.mutations(revision).pages()) as pages:
        return await anext(pages)


async def revisions(subscription: Subscription, through: int) -> list[int]:
    """The mutations of a subscription through a revision."""
    received: list[int] = []
    async with aclosing(subscription.events()) as events:
        async for event in events:
            if isinstance(event, Mutations):
                received += [mutation.revision for mutation in event.mutations]
            if event.checkpoint.revision >= through:
                return received
    raise AssertionError("the subscription ended")


async def test_reads_writes_and_streams_continue_while_a_log_is_trimmed(server: Server) -> None:
    register = new_register(server)
    before = await fill(register, 8_000)
    begun = before + 8_000
    goal = begun - 500
    at_goal = register.exported(goal)
    command = asyncio.create_task(
        asyncio.to_thread(trimmed, server, "--register", register.number, "--before-revision", str(goal))
    )
    async with register.client() as client:
        # One subscribes, one reads the log, one writes and one reads as of a revision.
        start = AfterRevision(begun)
        listener = asyncio.create_task(revisions(client.subscribe(start), begun + 50))
        written = whole = 0
        while not command.done() or written < 50:
            answer = await client.inscribe(PEOPLE[0], TYPES[1], day(written * 50), day(written * 50))
            written += 1
            assert answer.revision == begun + written
            try:
                page = await page_after(client, goal - 5_000)
            except RevisionExpired:
                pass
            else:
                # A page may end early, but it has no gap.
                found = [each.revision for each in page.mutations]
                assert found
                assert found == list(range(goal - 4_999, goal - 4_999 + len(found)))
                whole += 1
            lines = await client.consult(niss=[PEOPLE[1]], at_revision=goal).all()
            assert len(lines) == 1
        assert (await command)["registers"] == [
            {
                "register": register.number,
                "deleted": goal - 1,
                "oldest_revision": goal,
                "goal": goal,
                "held_by": None,
            }
        ]
        assert await listener == list(range(begun + 1, begun + 51))
        assert whole > 0
        for expired in (client.mutations(goal - 1).all(), client.consult(at_revision=goal - 1).all()):
            with pytest.raises(RevisionExpired) as raised:
                await expired
            assert raised.value.oldest_revision == goal
        with pytest.raises(RevisionExpired):
            await revisions(client.subscribe(AfterRevision(goal - 1)), goal)
        # The history of a person is what remains of it.
        history = await client.history(PEOPLE[0]).all()
        assert min(mutation.revision for mutation in history) > goal
        assert len(history) == 10 + written
    assert register.exported(goal) == at_goal
    assert register.state().oldest_revision == goal


async def test_trim_waits_for_open_transactions(server: Server) -> None:
    """It waits for a writer and can be interrupted; an open snapshot still sees all mutations."""
    register = new_register(server)
    before = await fill(register, 1_000)
    arguments = ("--register", register.number, "--before-revision", str(before + 500))
    count = "SELECT count(*) FROM mutation WHERE register_id = %s"
    with (
        psycopg.connect(server.dsn) as writer,
        psycopg.connect(server.dsn) as reader,
        psycopg.connect(server.dsn, autocommit=True) as observer,
    ):
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        ours = observer.execute(
            "SELECT id FROM register WHERE enterprise_number = %s", (int(register.number),)
        ).fetchone()
        all_of_it = reader.execute(count, ours).fetchone()
        writer.execute("SELECT 1 FROM register_head WHERE register_id = %s FOR NO KEY UPDATE", ours)
        for number in (signal.SIGINT, signal.SIGTERM):
            with trimming(server, *arguments) as command:
                await asyncio.to_thread(eventually, lambda: waiting_for(writer, observer) == 1, 60)
                command.send_signal(number)
                said, _ = command.communicate(timeout=60)
                assert command.returncode == 130
                assert json.loads(said)["error"]["reason"] == "INTERRUPTED"
                assert json.loads(said)["registers"] == []
                # PostgreSQL does not continue to wait for an interrupted command.
                await asyncio.to_thread(eventually, lambda: waiting_for(writer, observer) == 0, 60)
        writer.rollback()
        assert trimmed(server, *arguments)["registers"][0]["oldest_revision"] == before + 500
        if CITUS_DSN is None:  # A cluster gives each statement a snapshot of its own.
            assert reader.execute(count, ours).fetchone() == all_of_it
        assert observer.execute(count, ours).fetchone() == (501,)


async def test_slow_subscriber_holds_back_trimming(server: Server) -> None:
    register = new_register(server)
    before = await fill(register, 1_000)
    arguments = ("--register", register.number, "--before-revision", str(before + 900))
    async with register.client() as client:
        log_id = register.state().log_id
        await client.acknowledge("slow", Checkpoint(log_id, before + 600))
        await client.acknowledge("quick", Checkpoint(log_id, before + 950))
        # Its acknowledged revision lies inside a batch, which is kept completely.
        held = trimmed(server, *arguments, status=4)
        assert held == {
            "complete": False,
            "registers": [
                {
                    "register": register.number,
                    "deleted": before + 499,
                    "oldest_revision": before + 500,
                    "goal": before + 900,
                    "held_by": {"caller": register.number, "name": "slow"},
                }
            ],
        }
        said = raas("trim", *arguments, environment=server.environment, status=4).stdout
        assert said == (
            f"{register.number}: 0 mutations deleted; the log begins at revision {before + 500}; the rest "
            f"is kept for subscriber 'slow' of {register.number}, which has not acknowledged it "
            "(--force deletes it)\n"
        )
        # The batch of 500 that contains the goal is kept completely.
        forced = raas("trim", *arguments, "--force", environment=server.environment).stdout
        assert forced == (
            f"{register.number}: 0 mutations deleted; the log begins at revision {before + 500}, before the "
            f"batch that contains revision {before + 900}\n"
        )
        register.age()
        everything = ("--register", register.number, "--older-than", "1 day")
        assert trimmed(server, *everything, status=4)["registers"][0]["oldest_revision"] == before + 500
        result = trimmed(server, *everything, "--force")["registers"][0]
        assert (result["oldest_revision"], result["held_by"]) == (before + 1_000, None)
        with pytest.raises(RevisionExpired):
            await revisions(client.subscribe(AfterRevision(before + 600)), before + 1_000)


async def test_trim_all_works_on_the_database_of_a_stopped_server(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        one, two, empty = new_register(server), new_register(server), new_register(server)
        await fill(one, 700)
        await fill(two, 300)
        # No mutation is that old.
        kept = trimmed(server, "--all", "--older-than", "12 months")
        assert [(each["register"], each["deleted"]) for each in kept["registers"]] == [
            (register.number, 0) for register in (one, two, empty)
        ]
        lines = one.exported()
        for register in (one, two, empty):
            register.age()
        assert server.stop() == 0
        said = raas("trim", "--all", "--older-than", "1 day", environment=server.environment).stdout
        server.start()
        states = [register.state() for register in (one, two, empty)]
        assert said.splitlines() == [
            *(
                f"{state.enterprise_number}: {state.revision - 1:,} mutations deleted; "
                f"the log begins at revision {state.revision}"
                for state in states
            ),
            f"registers: 3; mutations deleted: {sum(state.revision - 1 for state in states):,}",
        ]
        assert [state.oldest_revision for state in states] == [state.revision for state in states]
        assert one.exported() == lines


def test_trim_of_an_unknown_register_or_database_is_refused(
    server: Server, register: TestRegister, tmp_path: Path
) -> None:
    nobody = numbers.enterprise_number(19_999_998)
    unknown = trimmed(server, "--register", nobody, "--older-than", "1 day", status=1)
    assert unknown["error"] == {
        "reason": "REGISTER_UNKNOWN",
        "messages": [f"there is no register {nobody} in this database"],
    }
    future = trimmed(server, "--register", register.number, "--before-revision", "99", status=1)
    assert future["error"] == {
        "reason": "REVISION_IN_FUTURE",
        "messages": ["this revision does not exist yet; the register is at 5"],
    }
    nowhere = clean_environment() | {"RAAS_DATA_DIR": str(tmp_path / "var")}
    said = raas("trim", "--all", "--older-than", "1 day", environment=nowhere, status=1).stderr
    assert f"There is no database in {tmp_path / 'var'}" in said
    assert not (tmp_path / "var").exists()
    gone = f"postgresql://raas@127.0.0.1:{free_port()}/raas"
    away = clean_environment() | {"RAAS_DATABASE_URL": gone}
    raas("trim", "--all", "--older-than", "1 day", environment=away, status=1)
