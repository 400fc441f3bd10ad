"""`raas watch` against a running server: its lines, resuming, and its end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from raas.v1.dossier_type_pb2 import DossierType
from raas_client import RaasClient
from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister
from tests.e2e.servers import ROOT, Server, clean_environment, free_port, raas, running_server
from tests.eventually import eventually
from tests.oracle import numbers

pytestmark = ABOUT_COMMANDS

ANN, BOB = numbers.niss(1991, 63, 6, 1), numbers.niss(1991, 63, 6, 2)
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class Watching:
    """`raas watch` as a process; its output is read while it runs."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, errors: Path) -> None:
        self._process = process
        self._out = out
        self._errors = errors

    def lines(self) -> list[str]:
        return self._out.read_text().splitlines()

    def await_lines(self, are_there: Callable[[list[str]], bool]) -> list[str]:
        """Wait for this many lines and return them."""
        eventually(lambda: are_there(self.lines()) or self._process.poll() is not None, 60)
        assert are_there(self.lines()), (self.lines(), self._errors.read_text())
        return self.lines()

    def errors_text(self) -> str:
        """Standard error."""
        return self._errors.read_text()

    def end(self, number: signal.Signals = signal.SIGINT) -> str:
        """Interrupt it, expect exit status 0; returns standard error."""
        self._process.send_signal(number)
        assert self._process.wait(60) == 0
        return self.errors_text()

    def wait(self) -> int:
        """Wait until it ends by itself; returns its exit status."""
        return self._process.wait(60)


@contextmanager
def watching(directory: Path, *arguments: str) -> Iterator[Watching]:
    number = len(list(directory.glob("*.out")))
    out, errors = directory / f"{number}.out", directory / f"{number}.errors"
    with out.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "watch", *arguments],
            cwd=ROOT,
            env=clean_environment(),
            stdout=stdout,
            stderr=stderr,
        )
    try:
        yield Watching(process, out, errors)
    finally:
        process.kill()
        process.wait()


async def inscribe(client: RaasClient, niss: str, dossier_type: str = "PENSION", year: int = 2020) -> int:
    return (await client.inscribe(niss, dossier_type, f"{year}-01-01", f"{year}-12-31")).revision


async def test_watch_shows_mutations_and_bookmarks(register: TestRegister, tmp_path: Path) -> None:
    async with register.client() as client:
        await inscribe(client, ANN)
        with watching(tmp_path, *register.arguments, "--after-revision", "4", "--heartbeat", "3") as watched:
            lines = watched.await_lines(lambda lines: len(lines) >= 3)
            await client.inscribe(ANN, "PENSION", "2021-01-01")
            await client.remove(BOB, "PENSION")
            await client.remove(ANN, "PENSION")
            through_all = re.compile(rf"8 {TIME} BOOKMARK ")
            lines = watched.await_lines(lambda lines: any(map(through_all.match, lines)))
            said = watched.end()
    patterns = [
        rf"5 {TIME} DOSSIER_TYPE_CHANGED UNEMPLOYMENT created by {register.number}",
        rf"6 {TIME} INSCRIBED {ANN} PENSION nothing -> 2020-01-01\.\.2020-12-31 by {register.number}",
        rf"7 {TIME} INSCRIBED {ANN} PENSION 2020-01-01\.\.2020-12-31 -> 2020-01-01\.\. by {register.number}",
        rf"8 {TIME} REMOVED {ANN} PENSION 2020-01-01\.\. -> nothing by {register.number}",
    ]
    mutations = [line for line in lines if " BOOKMARK " not in line]
    assert len(mutations) == len(patterns)
    for line, pattern in zip(mutations, patterns, strict=True):
        assert re.fullmatch(pattern, line), line
    assert re.fullmatch(rf"8 {TIME} BOOKMARK everything is shown up to here", lines[-1])
    assert said == (
        "raas: everything through revision 8 was shown; to resume: --after-revision 8 --log-id "
        f"{register.state().log_id}\n"
    )


async def test_watch_json_resumes_where_it_ended(register: TestRegister, tmp_path: Path) -> None:
    log_id = register.state().log_id
    async with register.client() as client:
        await inscribe(client, BOB)
        with watching(tmp_path, *register.arguments, "--snapshot", "--json", "--heartbeat", "1") as watched:
            watched.await_lines(lambda lines: len(lines) >= 2)
            await inscribe(client, ANN)
            watched.await_lines(lambda lines: any('"mutation"' in line for line in lines))
            # SIGTERM has the same effect as Ctrl-C.
            watched.end(signal.SIGTERM)
            told = [json.loads(line) for line in watched.lines()]
    assert {line["logId"] for line in told} == {log_id}
    assert told[0]["dossier"] == {
        "register": register.number,
        "niss": BOB,
        "dossierType": "PENSION",
        "periods": [{"begin": "2020-01-01", "end": "2020-12-31"}],
        "revision": "6",
    }
    assert (told[1]["bookmark"]["revision"], told[1]["bookmark"]["snapshotComplete"]) == ("6", True)
    (mutation,) = (line["mutation"] for line in told if "mutation" in line)
    assert (mutation["revision"], mutation["niss"], mutation["kind"]) == ("7", ANN, "MUTATION_KIND_INSCRIBED")
    assert told[-1]["end"] == {"throughRevision": "7"}

    async with register.client() as client:
        await inscribe(client, BOB, year=2024)
        with watching(
            tmp_path, *register.arguments, "--after-revision", "7", "--log-id", log_id, "--json"
        ) as again:
            (line, *_) = again.await_lines(lambda lines: len(lines) >= 1)
            assert json.loads(line)["mutation"]["revision"] == "8"
            again.end()


async def test_watch_filters_and_acknowledges_for_a_named_subscriber(
    register: TestRegister, tmp_path: Path
) -> None:
    chosen = ("--dossier-type", "PENSION", "--kind", "removed", "--subscriber", "desk")
    arguments = (*register.arguments, *chosen, "--json")
    async with register.client() as client:
        with watching(tmp_path, *arguments, "--after-revision", "0") as watched:
            await inscribe(client, ANN)
            await inscribe(client, ANN, "UNEMPLOYMENT")
            await client.remove(ANN, "UNEMPLOYMENT")
            await client.remove(ANN, "PENSION")
            watched.await_lines(lambda lines: any('"revision": "9"' in line for line in lines))
            watched.end()
            mutations = [json.loads(line).get("mutation") for line in watched.lines()]
        assert [each["revision"] for each in mutations if each] == ["9"]
        # Everything shown is acknowledged, also at the end.
        (subscriber,) = await client.subscribers().all()
        assert (subscriber.name, subscriber.acknowledged_revision, subscriber.lag) == ("desk", 9, 0)
        await inscribe(client, ANN)
        await client.remove(ANN, "PENSION")
        with watching(tmp_path, *arguments, "--acknowledged") as again:
            again.await_lines(lambda lines: any('"mutation"' in line for line in lines))
            again.end()
            mutations = [json.loads(line).get("mutation") for line in again.lines()]
        assert [each["revision"] for each in mutations if each] == ["11"]


async def test_watch_resumes_by_itself_after_the_server_was_killed(tmp_path: Path) -> None:
    (tmp_path / "server").mkdir()
    with running_server(tmp_path / "server") as server:
        register = TestRegister(server, "0999999922")
        async with register.client() as client:
            await client.create_register("0999999922", "A test")
        with watching(tmp_path, *register.arguments, "--after-revision", "0", "--heartbeat", "1") as watched:
            watched.await_lines(lambda lines: " BOOKMARK " in "".join(lines))
            server.kill()
            eventually(lambda: "trying again" in watched.errors_text(), 60)
            server.start()
            async with register.client() as client:
                await client.create_dossier_type(DossierType(code="PENSION"))
            watched.await_lines(
                lambda lines: any(" DOSSIER_TYPE_CHANGED PENSION created" in x for x in lines)
            )
            assert "through revision 1 was shown;" in watched.end()


async def test_watch_ends_when_it_is_refused(register: TestRegister, server: Server, tmp_path: Path) -> None:
    refused = raas("watch", *register.arguments, "--after-revision", "99", "--json", status=1)
    (line,) = refused.stdout.splitlines()
    error: dict[str, Any] = json.loads(line)["error"]
    assert (error["status"], error["reason"]) == ("OUT_OF_RANGE", "REVISION_IN_FUTURE")
    assert "[REVISION_IN_FUTURE]" in refused.stderr
    with watching(tmp_path, *register.arguments, "--heartbeat", "1") as watched:
        watched.await_lines(lambda lines: len(lines) >= 1)
        raas("renew-log", "--register", register.number, environment=server.environment)
        assert watched.wait() == 1
        assert "LOG_REPLACED" in watched.errors_text()
        assert "everything through revision 5 was shown" in watched.errors_text()
    nobody = raas("watch", "--target", f"127.0.0.1:{free_port()}", "--patience", "0.5", status=1)
    assert "trying again" in nobody.stderr
