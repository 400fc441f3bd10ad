"""`raas retention` on the database of a running server, beside readers, writers and a subscriber."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import aclosing
from datetime import date, timedelta
from typing import Any

import psycopg

from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas_client import AfterRevision, Mutations, Subscription, inscription
from raas_client.mirror.checksums import chained, first_checksum
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.servers import ROOT, Server, raas
from tests.eventually import eventually
from tests.lock_waits import waiting_for
from tests.oracle import numbers

PEOPLE = [numbers.niss(1992, 63, 4, 1 + i) for i in range(150)]
LONG_AGO = date.today() - timedelta(days=400)
RECENT = date.today() - timedelta(days=300)
KEPT, UNLIMITED = TYPES[:2]
FIRST = date(2000, 1, 1)


def retained(server: Server, register: TestRegister, *arguments: str, status: int = 0) -> dict[str, Any]:
    """The result of `raas retention --json` on a register."""
    asked = ("retention", "--json", "--register", register.number, *arguments)
    result: dict[str, Any] = json.loads(raas(*asked, environment=server.environment, status=status).stdout)
    return result


async def filled(server: Server) -> TestRegister:
    """A register where every person has a line that expired and a recent one, and one under another type."""
    register = new_register(server)
    async with register.client() as client:
        await client.update_dossier_type(DossierType(code=KEPT, keep_after_end="P1Y"), ["keep_after_end"])
        lines = [(KEPT, FIRST, LONG_AGO), (KEPT, RECENT, RECENT), (UNLIMITED, FIRST, LONG_AGO)]
        for line in lines:
            await client.apply_batch([inscription(niss, *line) for niss in PEOPLE])
    return register


async def received(subscription: Subscription, through: int) -> list[Mutation]:
    mutations: list[Mutation] = []
    async with aclosing(subscription.events()) as events:
        async for event in events:
            if isinstance(event, Mutations):
                mutations += event.mutations
            if event.checkpoint.revision >= through:
                return mutations
    raise AssertionError("the subscription ended")


async def test_expired_lines_are_removed_and_subscribers_are_told(server: Server) -> None:
    register = await filled(server)
    before, lines = register.state(), register.exported()
    (due, log) = (await asyncio.to_thread(retained, server, register))["classes"]
    assert (due["number"], due["period"], log["number"], log["period"]) == (
        len(PEOPLE),
        "by dossier type",
        0,
        "no limit",
    )
    assert due["parts"] == [
        {
            "register": register.number,
            "dossier_type": KEPT,
            "keep_after_end": "P1Y",
            "dossiers": len(PEOPLE),
            "number": len(PEOPLE),
            "things": "lines",
        }
    ]
    assert register.state() == before

    goal = before.revision + len(PEOPLE)
    async with register.client() as client:
        listener = asyncio.create_task(received(client.subscribe(AfterRevision(before.revision)), goal))
        result = await asyncio.to_thread(retained, server, register, "--execute", "--only", "lines")
        assert (result["complete"], result["executed"]) == (True, True)
        assert result["classes"] == [due]
        mutations = await listener
        whole = await client.mutations(0).all()
    assert [each.revision for each in mutations] == list(range(before.revision + 1, goal + 1))
    assert {(each.kind, each.dossier_type, each.actor, each.application) for each in mutations} == {
        (MutationKind.MUTATION_KIND_REMOVED, KEPT, register.number, "raas retention")
    }
    assert sorted(each.niss for each in mutations) == sorted(PEOPLE)
    after = register.state()
    assert chained(first_checksum(register.number), whole) == after.checksum
    expired = LONG_AGO.isoformat()
    assert register.exported() == [
        line for line in lines if not (line.dossier_type == KEPT and line.end == expired)
    ]
    assert register.exported(before.revision) == lines
    # Nothing is left to remove but earlier states, which are kept until the log is trimmed.
    register.age()
    again = retained(server, register, "--execute", "--log-older-than", "1 day")
    assert [each["number"] for each in again["classes"]] == [0, after.revision - 1]
    assert register.state().revision == after.revision
    said = raas("retention", environment=server.environment).stdout
    assert [line.split()[0] for line in said.splitlines()[:9]] == [
        *("CLASS", "lines", "log", "contents", "requests", "audit", "persons", "files", "backups")
    ]


async def test_interrupted_retention_is_completed_by_the_same_command(server: Server) -> None:
    register = await filled(server)
    before = register.state().revision
    with (
        psycopg.connect(server.dsn) as writer,
        psycopg.connect(server.dsn, autocommit=True) as observer,
    ):
        ours = observer.execute(
            "SELECT id FROM register WHERE enterprise_number = %s", (int(register.number),)
        ).fetchone()
        writer.execute("SELECT 1 FROM register_head WHERE register_id = %s FOR NO KEY UPDATE", ours)
        command = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "raas.cli",
                "retention",
                "--json",
                "--execute",
                "--register",
                register.number,
            ],
            cwd=ROOT,
            env=server.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            await asyncio.to_thread(eventually, lambda: waiting_for(writer, observer) == 1, 60)
            command.send_signal(signal.SIGINT)
            said, _ = command.communicate(timeout=60)
        finally:
            command.kill()
            command.communicate()
        assert command.returncode == 130
        assert json.loads(said)["error"]["reason"] == "INTERRUPTED"
        await asyncio.to_thread(eventually, lambda: waiting_for(writer, observer) == 0, 60)
    assert register.state().revision == before
    done = await asyncio.to_thread(retained, server, register, "--execute")
    assert done["classes"][0]["number"] == len(PEOPLE)
    assert register.state().revision == before + len(PEOPLE)


def test_class_of_the_whole_database_is_not_removed_for_one_register(
    server: Server, register: TestRegister
) -> None:
    asked = ("--register", register.number, "--only", "audit")
    said = raas("retention", *asked, environment=server.environment, status=2).stderr
    assert "one of lines, log with --register" in " ".join(said.split())
