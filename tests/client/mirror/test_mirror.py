"""Mirrors of fake and real registers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from raas.v1.dossier_pb2 import Dossier
from raas.v1.dossier_type_pb2 import DossierType
from raas.v1.mutation_pb2 import Mutation
from raas.v1.period_pb2 import Period
from raas_client import (
    ChainBroken,
    Checkpoint,
    Line,
    Mirror,
    MirroredDossier,
    MirrorFileFailed,
    MirrorStopped,
    RaasClient,
    inscription,
    lines_of,
    removal,
)
from raas_client.mirror.sqlite_store import SqliteMirrorStore
from raas_client.mirror.store import Place
from raas_client.reasons import DossierTypeUnknown
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, BOB, TYPES, AnyRegister, person

SINCE_2024 = Period(begin="2024-01-01")


@pytest.fixture(params=["memory", "sqlite"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """The file of the mirror; None = in memory."""
    return tmp_path / "mirror.sqlite" if request.param == "sqlite" else None


async def exported(client: RaasClient, *dossier_types: str) -> list[MirroredDossier]:
    return [_mirrored(each) async for each in client.export(dossier_types=dossier_types)]


def _mirrored(dossier: Dossier) -> MirroredDossier:
    return MirroredDossier(dossier.niss, dossier.dossier_type, lines_of(dossier.periods), dossier.revision)


async def caught_up(mirror: Mirror, client: RaasClient) -> None:
    async with asyncio.timeout(60):
        await mirror.through((await client.get_register()).revision)


async def test_mirror_answers_as_the_register(client: RaasClient, path: Path | None) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01", "2024-06-30")
    async with client.mirror(path) as mirror:
        assert mirror.knows(ANN, "2024-06-30")
        assert not mirror.knows(ANN, date(2024, 7, 1))
        assert not mirror.knows(ANN, "2024-06-30", ["PENSION"])
        assert not mirror.knows(BOB, "2024-06-30")
        answer = await client.inscribe(ANN, "PENSION", "2024-09-01")
        async with asyncio.timeout(60):
            await mirror.through(answer.revision)
        assert mirror.knows(ANN, "2030-01-01", ["HEALTH", "PENSION"])
        assert [(each.dossier_type, each.lines) for each in mirror.dossiers(ANN)] == [
            ("HEALTH", (Line(date(2024, 1, 1), date(2024, 6, 30)),)),
            ("PENSION", (Line(date(2024, 9, 1), None),)),
        ]
        await client.apply_batch(
            [removal(ANN, "PENSION"), removal(ANN, "HEALTH", "2024-02-01", "2024-02-29")]
        )
        await caught_up(mirror, client)
        assert mirror.dossiers(ANN, ["PENSION"]) == []
        assert not mirror.knows(ANN, "2024-02-15")
        assert list(mirror.all()) == await exported(client)
        assert mirror.checksum == (await client.get_register()).checksum
        assert 0 <= mirror.silence < 10


async def test_mirror_equals_the_export_after_all_kinds_of_changes(
    client: RaasClient, path: Path | None
) -> None:
    await client.apply_batch([inscription(person(each), "PENSION", "2024-01-01") for each in range(500)])
    async with client.mirror(path) as mirror:
        assert list(mirror.all()) == await exported(client)
        await client.create_dossier_type(DossierType(code="LATER", labels={"en": "Later"}))
        await client.apply_batch(
            [inscription(person(each), "LATER", "2024-01-01", "2024-01-31") for each in range(0, 500, 7)]
            + [removal(person(each), "PENSION") for each in range(0, 500, 5)]
        )
        await client.import_operations(
            [removal(person(each), "PENSION", "2025-01-01") for each in range(0, 500, 3)], message_size=50
        )
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)
        assert mirror.checksum == (await client.get_register()).checksum


async def test_mirror_of_some_dossier_types_holds_only_these(client: RaasClient, path: Path | None) -> None:
    await client.inscribe(ANN, "HEALTH", "2024-01-01")
    await client.inscribe(ANN, "PENSION", "2024-01-01")
    async with client.mirror(path, dossier_types=["PENSION"], heartbeat_seconds=1) as mirror:
        await client.inscribe(BOB, "PENSION", "2024-01-01")
        await client.inscribe(BOB, "HEALTH", "2024-01-01")
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client, "PENSION")
        assert mirror.checksum == (await client.get_register()).checksum


async def test_entering_a_mirror_raises_the_refusal(client: RaasClient, path: Path | None) -> None:
    with pytest.raises(DossierTypeUnknown):
        async with client.mirror(path, dossier_types=["NOTHING"]):
            pass


async def test_mirror_does_not_answer_after_its_block(client: RaasClient, path: Path | None) -> None:
    async with client.mirror(path) as mirror:
        pass
    with pytest.raises(MirrorStopped):
        mirror.knows(ANN, "2024-01-01")
    with pytest.raises(MirrorStopped):
        await mirror.through(1)


def test_mirror_works_without_asyncio(register: AnyRegister, path: Path | None) -> None:
    with register.client().blocking() as caller:
        caller.run(caller.client.inscribe(ANN, "HEALTH", "2024-01-01"))
        with caller.within(caller.client.mirror(path)) as mirror:
            assert mirror.knows(ANN, "2024-01-01")
            answer = caller.run(caller.client.inscribe(BOB, "HEALTH", "2024-01-01"))
            caller.run(mirror.through(answer.revision))
            assert mirror.knows(BOB, "2024-01-01")


# ---- over restarts ------------------------------------------------------------------------------


async def test_mirror_file_continues_at_its_place(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path):
            pass
        await client.inscribe(BOB, "HEALTH", "2024-01-01")
        # A copy from here on could not be had from the beginning of the log, nor a snapshot be told apart:
        # the place in the file is what the server is asked to go on from.
        with closing(sqlite3.connect(path)) as connection, connection:
            kept = connection.execute("SELECT log_id, revision FROM mirror").fetchone()
            connection.execute("UPDATE dossier SET lines = '1999-01-01/'")
        assert kept[1] == len(TYPES) + 1
        async with client.mirror(path) as mirror:
            await caught_up(mirror, client)
            assert mirror.knows(ANN, "1999-01-01")
            assert mirror.knows(BOB, "2024-01-01")


async def test_mirror_file_answers_during_an_outage(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path):
            pass
        with fake.outage():
            async with client.mirror(path) as mirror:
                assert mirror.knows(ANN, "2024-01-01")


async def test_mirror_file_of_other_dossier_types_is_filled_anew(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path):
            pass
        async with client.mirror(path, dossier_types=["PENSION"]) as mirror:
            assert list(mirror.all()) == []


@pytest.mark.parametrize("version", [0, 1, 2, 3])
async def test_file_that_is_no_mirror_is_refused_unchanged(
    fake: FakeRegister, tmp_path: Path, version: int
) -> None:
    path = tmp_path / "notes.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE note (text TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    async with fake.client() as client:
        with pytest.raises(ValueError, match=r"notes\.sqlite is not a mirror"):
            async with client.mirror(path):
                pass
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM note").fetchone() == (0,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)


async def test_failed_write_leaves_the_copy_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    copy, place = SqliteMirrorStore(path), Place(Checkpoint("log", 1), b"1")
    await copy.open(())
    await copy.complete(place)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON mirror BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(MirrorFileFailed, match=r"mirror\.sqlite: full"):
        await copy.apply(
            [Mutation(niss=ANN, dossier_type="HEALTH", after=[SINCE_2024], revision=2)],
            Place(Checkpoint("log", 2), b"2"),
        )
    assert (copy.place, copy.of(ANN)) == (place, {})
    await copy.close()
    again = SqliteMirrorStore(path)
    await again.open(())
    assert (again.place, list(again.all())) == (place, [])
    await again.close()


async def test_interrupted_snapshot_continues_and_is_not_visible(tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    copy = SqliteMirrorStore(path)
    await copy.open(())
    await copy.add([Dossier(niss=ANN, dossier_type="HEALTH", periods=[SINCE_2024])], _inside("a"))
    await copy.close()
    again = SqliteMirrorStore(path)
    await again.open(())
    assert (again.place, again.incoming, list(again.all())) == (None, _inside("a"), [])
    await again.add([Dossier(niss=BOB, dossier_type="HEALTH", periods=[SINCE_2024])], _inside("b"))
    await again.complete(Place(Checkpoint("log", 9), b"9"))
    assert ([each.niss for each in again.all()], again.incoming) == ([ANN, BOB], None)
    await again.close()


def _inside(token: str) -> Checkpoint:
    return Checkpoint("log", 9, token)


# ---- changes of the log -------------------------------------------------------------------


async def test_mirror_begins_again_after_a_trimmed_log(fake: FakeRegister, tmp_path: Path) -> None:
    path = tmp_path / "mirror.sqlite"
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path):
            pass
        await client.remove(ANN, "HEALTH")
        answer = await client.inscribe(BOB, "HEALTH", "2024-01-01")
        fake.trim(answer.revision)
        async with client.mirror(path) as mirror:
            await caught_up(mirror, client)
            assert list(mirror.all()) == await exported(client)


async def test_mirror_begins_again_after_a_replaced_log(fake: FakeRegister, path: Path | None) -> None:
    async with fake.client() as client:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        async with client.mirror(path) as mirror:
            before = mirror.checkpoint
            fake.renew_log()
            fake.interrupt()
            async with asyncio.timeout(60):
                while mirror.checkpoint.log_id == before.log_id:
                    await asyncio.sleep(0.01)
                    assert mirror.knows(ANN, "2024-01-01")
            await client.inscribe(BOB, "HEALTH", "2024-01-01")
            await caught_up(mirror, client)
            assert list(mirror.all()) == await exported(client)


async def test_mirror_continues_after_every_outage(fake: FakeRegister, path: Path | None) -> None:
    async with fake.client() as client, client.mirror(path) as mirror:
        for each in range(5):
            fake.interrupt()
            await client.inscribe(person(each), "HEALTH", "2024-01-01")
        await caught_up(mirror, client)
        assert list(mirror.all()) == await exported(client)


async def test_mirror_follows_replaced_and_restored_numbers(fake: FakeRegister, path: Path | None) -> None:
    async with fake.client() as client, client.mirror(path) as mirror:
        await client.inscribe(ANN, "HEALTH", "2024-01-01", "2024-06-30")
        await client.inscribe(BOB, "HEALTH", "2024-07-01")
        fake.replace_niss(ANN, BOB)
        await caught_up(mirror, client)
        assert mirror.dossiers(ANN) == []
        assert mirror.knows(BOB, "2024-01-01")
        fake.restore_niss(ANN)
        fake.cancel_niss(BOB)
        await caught_up(mirror, client)
        assert mirror.knows(ANN, "2024-01-01")
        assert list(mirror.all()) == await exported(client)
        assert mirror.checksum == (await client.get_register()).checksum


async def test_mirror_stops_at_a_tampered_log(fake: FakeRegister, path: Path | None) -> None:
    async with fake.client() as client, client.mirror(path) as mirror:
        await client.inscribe(ANN, "HEALTH", "2024-01-01")
        await caught_up(mirror, client)
        fake._server.state.registers[1].log[-1].mutation.checksum = bytes(32)
        await client.inscribe(BOB, "HEALTH", "2024-01-01")
        with pytest.raises(MirrorStopped) as raised:
            await caught_up(mirror, client)
        assert isinstance(raised.value.__cause__, ChainBroken)
        with pytest.raises(MirrorStopped):
            mirror.knows(ANN, "2024-01-01")
