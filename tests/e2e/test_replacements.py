"""Persons whose numbers are replaced and restored, through a real server: read, explained and copied."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from raas.v1 import mutation_stream_pb2 as stream_v1
from raas.v1 import person_service_pb2 as persons_v1
from raas.v1 import register_service_pb2 as v1
from raas.v1.decision_pb2 import InscriptionCheck
from raas.v1.mutation_pb2 import MutationKind
from raas.v1.mutation_stream_pb2_grpc import MutationStreamStub
from raas.v1.period_pb2 import Period
from raas.v1.person_service_pb2_grpc import PersonServiceStub
from raas.v1.register_service_pb2_grpc import RegisterServiceStub
from raas_client import RaasClient
from tests.e2e.registers import TYPES, TestRegister, new_register, see_identities
from tests.e2e.servers import LOCAL, Server, running_server
from tests.oracle import numbers
from tests.stream.history import Answered
from tests.stream.questions import history
from tests.stream.reading import PEOPLE, exported, metadata, write_for
from tests.stream.registrar import change_persons_for, introduce

CODE, DAY = TYPES[1], "2024-06-15"
OLD, NEW = numbers.niss(1985, 61, 30, 33), numbers.niss(1985, 67, 30, 33)
STORM_SECONDS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that holds the persons."""
    with running_server(tmp_path_factory.mktemp("persons"), *LOCAL) as running:
        yield running


@dataclass
class Asking:
    """Calls of the owner of a register."""

    register: str
    channel: grpc.aio.Channel

    async def __call__(self, rpc: str, request: Any, language: str = "en") -> Any:
        for stub in (RegisterServiceStub, MutationStreamStub, PersonServiceStub):
            if (call := getattr(stub(self.channel), rpc, None)) is not None:
                caller = (
                    *metadata(self.register),
                    ("accept-language", language),
                    ("raas-legal-context", "LAW"),
                )
                return await call(request, metadata=caller, timeout=20)
        raise AssertionError(rpc)

    async def explained(self, niss: str, language: str = "en") -> v1.ExplainDossierResponse:
        request = v1.ExplainDossierRequest(niss=niss, dossier_type=CODE, day=DAY)
        answer: v1.ExplainDossierResponse = await self("ExplainDossier", request, language)
        return answer


@asynccontextmanager
async def asking(register: TestRegister) -> AsyncIterator[Asking]:
    async with grpc.aio.insecure_channel(register.server.target) as channel:
        yield Asking(register.number, channel)


async def test_reads_unite_the_numbers_of_a_person_and_show_the_actor(server: Server) -> None:
    register = new_register(server)
    async with asking(register) as ask:
        await introduce(ask.channel, register.number, [OLD, NEW])
        period = Period(begin="2024-01-01", end="2024-12-31")
        inscribed = await ask("Inscribe", v1.InscribeRequest(niss=OLD, dossier_type=CODE, period=period))
        request = persons_v1.ReplaceNissRequest(niss=OLD, successor_niss=NEW)
        would = await ask(
            "ReplaceNiss", persons_v1.ReplaceNissRequest(**_fields(request), validate_only=True)
        )
        assert [d.niss for each in would.registers for d in each.dossiers_after] == [NEW]
        await ask("ReplaceNiss", request)
        pair = [inscribed.revision + 1, inscribed.revision + 2]

        consulted = await ask("Consult", v1.ConsultRequest(niss=[OLD]))
        assert [(d.niss, list(d.periods)) for d in consulted.dossiers] == [(NEW, [period])]
        assert [(r.niss, r.successor_niss) for r in consulted.resolved] == [(OLD, NEW)]
        found = await ask("FindRegisters", v1.FindRegistersRequest(niss=OLD))
        assert [(m.register, list(m.periods)) for m in found.matches] == [(register.number, [period])]
        check = InscriptionCheck(register=register.number, niss=OLD, active_on=DAY)
        (decision,) = (await ask("CheckInscriptions", v1.CheckInscriptionsRequest(checks=[check]))).decisions
        assert (decision.inscribed, decision.successor_niss) == (True, NEW)
        for niss in (OLD, NEW):
            expected = [inscribed.revision, *pair]
            assert await history(ask.channel, register.number, niss) == expected
            listed = await ask("ListMutations", stream_v1.ListMutationsRequest(niss=niss))
            assert [m.revision for m in listed.mutations] == expected
        then = await ask("Consult", v1.ConsultRequest(niss=[OLD], at_revision=inscribed.revision))
        assert [d.niss for d in then.dossiers] == [OLD]
        assert not then.resolved
        stale = await ask("ListStaleNiss", v1.ListStaleNissRequest())
        assert not stale.stale

        for niss in (OLD, NEW):
            answer = await ask.explained(niss)
            assert (answer.known, list(answer.former_niss)) == (True, [OLD])
            assert (answer.mutation.revision, answer.mutation.legal_context) == (inscribed.revision, "LAW")
            assert answer.sentence.startswith(
                f"On {DAY} the person is known under {CODE}, because {register.number}"
            )

        await ask("Remove", v1.RemoveRequest(niss=NEW, dossier_type=CODE, period=Period(begin=DAY, end=DAY)))
        beginnings = {"en": "On", "fr": "Le", "nl": "Op", "de": "Am"}
        for language, beginning in beginnings.items():
            answer = await ask.explained(NEW, language)
            assert (answer.known, answer.mutation.revision) == (False, pair[1] + 1)
            assert answer.sentence.startswith(f"{beginning} {DAY}")
            assert "LAW" in answer.sentence

        restored = await ask("RestoreNiss", persons_v1.RestoreNissRequest(niss=OLD))
        assert [list(each.periods) for each in restored.inseparable] == [[Period(begin=DAY, end=DAY)]]
        assert await history(ask.channel, register.number, NEW) == [pair[1], pair[1] + 1, pair[1] + 3]
        answer = await ask.explained(NEW)
        assert (answer.known, list(answer.former_niss)) == (False, [])


async def test_mirror_stays_exact_through_changes_of_numbers(server: Server, tmp_path: Path) -> None:
    """The mirrors compute every checksum and stop at the first that differs."""
    register = new_register(server)
    answered: list[Answered] = []
    changes: Counter[str] = Counter()

    def channels() -> grpc.aio.Channel:
        return grpc.aio.insecure_channel(server.target)

    async def storm(seed: int) -> None:
        over = time.monotonic() + STORM_SECONDS
        written, changed = await asyncio.gather(
            write_for(channels, register.number, TYPES, seed, lambda: time.monotonic() > over),
            change_persons_for(channels, register.number, PEOPLE, seed, lambda: time.monotonic() > over),
        )
        answered.extend(written)
        changes.update(changed)

    def enough() -> bool:
        all_kinds = min(changes[what] for what in ("replace", "restore", "import")) > 0
        return all_kinds and sum(each.changed for each in answered) > 50

    async with channels() as channel, _client(register) as client:
        await introduce(channel, register.number, PEOPLE)
        async with client.mirror() as memory, client.mirror(tmp_path / "mirror.sqlite") as kept:
            for seed in count(1):
                await storm(seed)
                if enough():
                    break
            state = register.state()
            expected = await exported(channel, register.number)
            for mirror in (memory, kept):
                async with asyncio.timeout(60):
                    await mirror.through(state.revision)
                mirrored = {(d.niss, d.dossier_type): d.lines for d in mirror.all()}
                assert mirrored.keys() == expected.keys()
                assert {key: _texts(lines) for key, lines in mirrored.items()} == expected
                assert mirror.checksum == state.checksum


async def test_stream_carries_identity_changes(server: Server) -> None:
    register = new_register(server)
    see_identities(register)
    person = numbers.niss(1986, 61, 1, 5)
    async with asking(register) as ask:
        await introduce(ask.channel, register.number, [person])
        after = register.state().revision
        call = MutationStreamStub(ask.channel).Subscribe(
            stream_v1.SubscribeRequest(
                after_revision=after, kinds=[MutationKind.MUTATION_KIND_IDENTITY_CHANGED]
            ),
            metadata=metadata(register.number),
            timeout=20,
        )
        await ask(
            "Inscribe",
            v1.InscribeRequest(niss=person, dossier_type=CODE, period=Period(begin="2024-01-01")),
        )
        update = persons_v1.UpdatePersonRequest(niss=person, source_date="2026-01-01")
        update.identity.last_name = "Maes"
        update.update_mask.paths.append("last_name")
        await ask("UpdatePerson", update)
        async for message in call:
            if message.mutations.mutations:
                break
        (mutation,) = message.mutations.mutations
        change = mutation.identity_change
        assert (mutation.niss, list(mutation.dossier_types)) == (person, [CODE])
        assert (list(change.fields), change.before.last_name, change.after.last_name) == (
            ["last_name"],
            "Peeters",
            "Maes",
        )
        assert change.effective_date == "2026-01-01"
        call.cancel()


def _client(register: TestRegister) -> RaasClient:
    return RaasClient(register.server.target, enterprise_number=register.number)


def _texts(lines: Any) -> Any:
    """Lines in the form of the messages."""
    return tuple((str(line.begin), "" if line.end is None else str(line.end)) for line in lines)


def _fields(request: persons_v1.ReplaceNissRequest) -> dict[str, str]:
    return {"niss": request.niss, "successor_niss": request.successor_niss}
