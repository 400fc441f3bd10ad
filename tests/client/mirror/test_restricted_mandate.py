"""A mirror of a register on which the caller has a mandate for some dossier types."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import grpc.aio
import pytest

from raas.memory_server import MemoryServer
from raas.v1.mutation_pb2 import Mutation
from raas_client import Checkpoint, Mirror, Mutations, RaasClient
from raas_client.mirror.memory_store import MemoryMirrorStore
from tests.client.mirror.scripted import SINCE_2024, ScriptedEvents, complete
from tests.client.registers import ANN, QUICK
from tests.rpc.views.worlds import HIDDEN, SEEN, VISIBLE, Action, World, named_identity


@pytest.fixture
async def world() -> AsyncIterator[tuple[World, str]]:
    """A register with hidden dossier types, and the address of its server."""
    server = MemoryServer(identify=named_identity)
    async with server.serving("127.0.0.1:0") as port:
        target = f"127.0.0.1:{port}"
        async with grpc.aio.insecure_channel(target) as channel:
            made = World(server, channel, SEEN)
            await made.begin(900, (*VISIBLE, *HIDDEN), frozenset())
            yield made, target


@pytest.mark.parametrize("in_memory", [True, False])
async def test_mirror_without_checksums_says_so_and_goes_on(
    world: tuple[World, str], in_memory: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    register, target = world
    await register.act(Action("inscribe", (0,), ("A", "C")), ("A", "C"))
    options = {"enterprise_number": register.friend, "register": register.owner, "retries": QUICK}
    path = None if in_memory else tmp_path / "mirror.db"
    caplog.set_level(logging.WARNING, "raas_client")
    async with RaasClient(target, **options) as client:
        for period in (("2025-01-01", "2025-01-31"), ("2026-01-01", "2026-01-31")):
            async with client.mirror(path) as mirror:
                assert (mirror.verifies, mirror.checksum) == (False, None)
                await register.act(Action("inscribe", (1,), ("C",), period), ("C",))
                await register.act(Action("inscribe", (1,), ("B",), period), ("B",))
                await mirror.through((await client.get_register()).revision)
                codes = [each.dossier_type for each in mirror.all()]
                assert codes == ["A", "B"]
                assert mirror.knows(register.persons[1], period[0])
                assert (mirror.verifies, mirror.checksum) == (False, None)
    assert "cannot verify" in caplog.text


async def test_mirror_says_once_that_checksums_are_missing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "raas_client")

    def mutations(revision: int) -> Mutations:
        mutation = Mutation(niss=ANN, dossier_type="A", after=[SINCE_2024], revision=revision)
        return Mutations([mutation], Checkpoint("log", revision))

    # The same mutation comes again, so that nothing of its event is new.
    events = ScriptedEvents([complete(3), mutations(4), mutations(4), mutations(5)])
    async with Mirror(events.subscribe, MemoryMirrorStore(), (), QUICK) as mirror:
        async with asyncio.timeout(10):
            await mirror.through(5)
        assert mirror.knows(ANN, "2024-01-01")
    assert [text for text in caplog.messages if "cannot verify" in text] == [
        "the mirror cannot verify what it receives: the server sends no checksums"
    ]


async def test_mirror_of_the_owner_verifies(world: tuple[World, str]) -> None:
    register, target = world
    await register.act(Action("inscribe", (0,), ("A", "C")), ("A", "C"))
    async with (
        RaasClient(target, enterprise_number=register.owner, retries=QUICK) as client,
        client.mirror() as mirror,
    ):
        assert mirror.verifies
        assert mirror.checksum == (await client.get_register()).checksum
