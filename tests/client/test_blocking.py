"""The client without asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from raas_client import Bookmark, ClientClosed, Event, FromSnapshot, MirrorStopped, Mutations, inscription
from raas_client.blocking import Blocking
from raas_client.reasons import NissMalformed
from raas_client.testing import FakeRegister
from tests.client.registers import ANN, TYPES, AnyRegister, own_threads, person
from tests.eventually import eventually


def test_run_and_iterate_wait_for_every_kind_of_call(register: AnyRegister) -> None:
    with register.client().blocking() as caller:
        client = caller.client
        assert caller.run(client.inscribe(ANN, "HEALTH", "2024-01-01")).revision == len(TYPES) + 1
        assert [each.niss for each in caller.iterate(client.consult())] == [ANN]
        assert len(caller.run(client.consult().all())) == 1
        with pytest.raises(NissMalformed):
            caller.run(client.inscribe("123", "HEALTH", "2024-01-01"))
        answers = caller.iterate(client.apply_in_batches([inscription(ANN, "PENSION", "2024-01-01")]))
        assert [each.revision for each in answers] == [len(TYPES) + 2]


def test_iterate_follows_a_stream_until_break(register: AnyRegister) -> None:
    with register.client().blocking() as caller:
        for event in caller.iterate(caller.client.subscribe(FromSnapshot())):
            if isinstance(event, Bookmark):
                caller.run(caller.client.inscribe(ANN, "HEALTH", "2024-01-01"))
            if isinstance(event, Mutations):
                break
        assert isinstance(event, Mutations)
        assert [each.niss for each in event.mutations] == [ANN]


def test_several_threads_share_a_client(register: AnyRegister) -> None:
    with register.client().blocking() as caller, ThreadPoolExecutor(8) as pool:

        def inscribe(number: int) -> int:
            return caller.run(caller.client.inscribe(person(number), "HEALTH", "2024-01-01")).revision

        assert sorted(pool.map(inscribe, range(40))) == list(range(len(TYPES) + 1, len(TYPES) + 41))


def test_blocking_client_leaves_no_thread(register: AnyRegister) -> None:
    before = own_threads()
    with register.client().blocking() as caller:
        stream = caller.iterate(caller.client.subscribe(FromSnapshot()))
        next(stream)
    assert own_threads() == before


def test_leaving_the_block_ends_loops_of_other_threads(register: AnyRegister) -> None:
    seen: list[Event] = []
    with ThreadPoolExecutor(4) as pool:
        with register.client().blocking() as caller:

            def follow() -> str:
                for event in caller.iterate(caller.client.subscribe(FromSnapshot())):
                    seen.append(event)
                return "ended"

            loops = [pool.submit(follow) for _ in range(4)]
            eventually(lambda: len(seen) >= 4)
        assert [each.result(60) for each in loops] == ["ended"] * 4
    assert own_threads() == (["fake-register"] if isinstance(register, FakeRegister) else [])


def test_loop_ends_when_its_stream_is_closed_by_another_thread(register: AnyRegister) -> None:
    with register.client().blocking() as caller, ThreadPoolExecutor(1) as pool:
        stream = caller.iterate(caller.client.subscribe(FromSnapshot()))
        first = next(stream)
        assert isinstance(first, Bookmark)
        rest = pool.submit(list, stream)
        stream.close()
        stream.close()
        assert rest.result(60) == []
        assert next(stream, None) is None
        assert caller.run(caller.client.get_register()).revision == len(TYPES)


def test_waiting_call_raises_client_closed_when_the_block_is_left(fake: FakeRegister) -> None:
    with ThreadPoolExecutor(1) as pool:
        with fake.outage(), fake.client().blocking() as caller:
            waiting = pool.submit(caller.run, caller.client.get_register())
            eventually(lambda: len(caller._waiting) == 1)
        with pytest.raises(ClientClosed, match="closed while a call was open"):
            waiting.result(60)
        with pytest.raises(ClientClosed):
            caller.run(caller.client.get_register())
        assert list(caller.iterate(caller.client.subscribe())) == []


def test_loop_that_is_left_by_break_ends_its_stream(register: AnyRegister) -> None:
    with register.client().blocking() as caller:
        for _ in caller.iterate(caller.client.subscribe(FromSnapshot(), subscriber="mirror")):
            break

        def connected() -> list[bool]:
            return [each.connected for each in caller.run(caller.client.subscribers().all())]

        eventually(lambda: connected() == [False])


def test_leaving_the_block_leaves_mirrors_of_other_threads(fake: FakeRegister, tmp_path: Path) -> None:
    entered, left = threading.Event(), threading.Event()

    def mirror(caller: Blocking) -> str:
        with caller.within(caller.client.mirror(tmp_path / "mirror.sqlite")) as copy:
            entered.set()
            assert left.wait(60)
            with pytest.raises(MirrorStopped):
                copy.knows(ANN, "2024-01-01")
        return "left"

    with ThreadPoolExecutor(1) as pool:
        with fake.client().blocking() as caller:
            mirroring = pool.submit(mirror, caller)
            assert entered.wait(60)
        # Its file is free.
        with fake.client().blocking() as again, again.within(again.client.mirror(tmp_path / "mirror.sqlite")):
            pass
        left.set()
        assert mirroring.result(60) == "left"


def test_exception_in_a_within_block_is_raised(register: AnyRegister) -> None:
    with (
        register.client().blocking() as caller,
        pytest.raises(ZeroDivisionError),
        caller.within(caller.client.mirror()),
    ):
        _ = 1 / 0


async def test_client_used_by_another_event_loop_is_refused(register: AnyRegister) -> None:
    async with register.client() as client:
        await client.get_register()
        with pytest.raises(RuntimeError, match="another event loop"):
            await asyncio.to_thread(asyncio.run, client.get_register())
