"""Concurrent writers on both numbers of many persons, in many registers, through two servers, while numbers
are replaced, restored and replaced again, and subscribers listen."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import grpc
import pytest

from raas.v1.mutation_pb2 import Mutation, MutationKind
from raas.v1.mutation_stream_pb2 import SubscribeRequest
from raas.v1.person_service_pb2 import ReplaceNissRequest, RestoreNissRequest
from tests.e2e.persons import SOURCE, TYPE, Persons, replayed
from tests.e2e.registers import TYPES, TestRegister, new_register
from tests.e2e.repeated import repeated
from tests.e2e.servers import LOCAL, Server
from tests.e2e.test_faults import database_of

pytestmark = pytest.mark.faults


REGISTERS, PAIRS, WRITERS, REPLACEMENTS = 6, 8, 6, 40
FIRST_DAY = date(2020, 1, 1)


@pytest.fixture
def servers(tmp_path: Path, local_server: Server) -> Iterator[list[Server]]:
    """Two servers on one database."""
    directory = tmp_path / "other"
    directory.mkdir()
    other = Server(directory, database_of(local_server), *LOCAL)
    other.start()
    yield [local_server, other]
    assert other.stop() == 0


class Listener:
    """A subscriber that keeps the mutations it receives."""

    def __init__(self, server: Server, register: TestRegister) -> None:
        self.heard: list[Mutation] = []
        self._call = Persons(server).stream.Subscribe(
            SubscribeRequest(after_revision=0), metadata=register.caller
        )
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        try:
            for answer in self._call:
                self.heard.extend(answer.mutations.mutations)
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.CANCELLED:
                raise

    def through(self, revision: int) -> list[Mutation]:
        """The mutations received, once this revision was."""
        for _ in range(1_200):
            if self.heard and self.heard[-1].revision >= revision:
                break
            self._thread.join(0.05)
        self._call.cancel()
        self._thread.join(30)
        return self.heard


@pytest.mark.timeout(600)
def test_storm_leaves_no_line_under_replaced_numbers_and_loses_no_day(servers: list[Server]) -> None:
    registers = [new_register(servers[0]) for _ in range(REGISTERS)]
    listeners = [Listener(servers[i % 2], register) for i, register in enumerate(registers)]
    callers = [Persons(server) for server in servers]
    numbers = callers[0].known(2 * PAIRS)
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    done = threading.Event()

    def write(worker: int) -> dict[tuple[int, int], set[str]]:
        """Inscribe single days under either number; answers them by register and pair."""
        chance = random.Random(worker)
        answered: dict[tuple[int, int], set[str]] = defaultdict(set)
        while not done.is_set():
            place, pair = chance.randrange(REGISTERS), chance.randrange(PAIRS)
            on = (FIRST_DAY + timedelta(chance.randrange(400))).isoformat()
            caller, number = chance.choice(callers), chance.choice(pairs[pair])
            answer = caller.inscribe(registers[place], number, on, on)
            assert answer.dossier.niss in pairs[pair]
            assert answer.replaced_niss in ("", number)
            answered[place, pair].add(on)
        return answered

    # A call that waits for a lock for longer than two seconds is refused.
    patiently = partial(repeated, while_="UNAVAILABLE", metadata=SOURCE, timeout=60)

    def replace() -> None:
        chance = random.Random(9)
        for _ in range(REPLACEMENTS):
            old, new = chance.choice(pairs)
            caller = chance.choice(callers)
            request = ReplaceNissRequest(niss=old, successor_niss=new)
            patiently(caller.service.ReplaceNiss, request)
            if chance.random() < 0.5:
                patiently(caller.service.RestoreNiss, RestoreNissRequest(niss=old))
        for old, new in pairs:
            request = ReplaceNissRequest(niss=old, successor_niss=new)
            patiently(callers[0].service.ReplaceNiss, request)

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        writing = [pool.submit(write, worker) for worker in range(WRITERS)]
        try:
            pool.submit(replace).result(300)
        finally:
            done.set()
        days: dict[tuple[int, int], set[str]] = defaultdict(set)
        for each in writing:
            for key, answered in each.result(60).items():
                days[key] |= answered

    for place, (register, listener) in enumerate(zip(registers, listeners, strict=True)):
        log = callers[1].log(register)
        assert log[-1].revision == register.state().revision
        assert listener.through(log[-1].revision) == log
        held: dict[tuple[str, str], list[tuple[str, str | None]]] = defaultdict(list)
        for line in register.exported():
            held[line.niss, line.dossier_type].append((line.begin, line.end))
        assert replayed(log[len(TYPES) :]) == held
        assert held.keys() <= {(new, TYPE) for _, new in pairs}
        for pair, (_, new) in enumerate(pairs):
            known = {on for begin, end in held.get((new, TYPE), []) for on in all_days(begin, end)}
            assert known == days[place, pair]
        pairwise(log)


def all_days(begin: str, end: str | None) -> Iterator[str]:
    assert end is not None
    first, last = date.fromisoformat(begin), date.fromisoformat(end)
    return ((first + timedelta(n)).isoformat() for n in range((last - first).days + 1))


def pairwise(log: list[Mutation]) -> None:
    """Every replacement and restoration is two mutations that no resume point separates."""
    kinds = (MutationKind.MUTATION_KIND_NISS_REPLACED, MutationKind.MUTATION_KIND_NISS_RESTORED)
    changes = iter([mutation for mutation in log if mutation.kind in kinds])
    for first in changes:
        second = next(changes)
        assert (second.revision, second.kind) == (first.revision + 1, first.kind)
        assert first.batch_last_revision >= second.revision
        assert (first.replacement, first.call_id) == (second.replacement, second.call_id)
        assert (first.niss, second.niss) == (
            first.replacement.replaced_niss,
            first.replacement.successor_niss,
        )
