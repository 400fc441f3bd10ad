"""The README and the examples of the client, executed."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import raas_client
from raas.identity.development import Authority
from raas.v1 import administration_service_pb2, mutation_stream_pb2, person_service_pb2, register_service_pb2
from raas.v1.mutation_pb2 import MutationKind
from raas_client import Checkpoint, Keepalive, Patience, RaasClient, Retries
from tests.e2e.servers import ROOT, Server, clean_environment, raas, running_server

README = (ROOT / "clients/python/README.md").read_text()
DOCUMENTED_TARGET = "127.0.0.1:50051"
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SAID = re.compile(r"# -> (.*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as `make run` starts it."""
    with running_server(tmp_path_factory.mktemp("demo"), "--authentic-source", "local") as server:
        raas("demo", "--target", server.target)
        yield server


@pytest.mark.timeout(300)
async def test_readme_examples_print_what_the_readme_says(
    demo_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    authority = Authority("Test Authority")
    caller = authority.client("0999999922", "import")
    pems = {"ca.pem": authority.pem, "caller.pem": caller.certificate_pem, "caller.key": caller.key_pem}
    for name, pem in pems.items():
        (tmp_path / name).write_bytes(pem)
    names: dict[str, Any] = {}
    blocks = _BLOCK.findall(README)
    assert len(blocks) > 10
    for block in blocks:
        # As `python -m asyncio` compiles what is typed.
        program = compile(
            block.replace(DOCUMENTED_TARGET, demo_server.target),
            block,
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
        )
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            running = eval(program, names)
            if inspect.isawaitable(running):
                await running
        assert said.getvalue().splitlines() == _SAID.findall(block), block
    await names["client"].close()


def test_readme_lists_every_method() -> None:
    methods = {name for name in dir(RaasClient) if not name.startswith("_")}
    glance = README.partition("## Everything at a glance")[2]
    assert set(re.findall(r"`(\w+)`", glance)) == methods


def test_every_rpc_has_a_method() -> None:
    contract = [administration_service_pb2, mutation_stream_pb2, person_service_pb2, register_service_pb2]
    calls = {
        method.name
        for module in contract
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert len(calls) > 30
    sources = "".join(path.read_text() for path in Path(raas_client.__file__).parent.rglob("*.py"))
    assert {name for name in calls if f".{name}" not in sources} == set()


# ---- the examples -------------------------------------------------------------------------------

PERSON = "96710300788"
EXAMPLES = ROOT / "clients/python/examples"


class Example:
    """An example under way."""

    def __init__(self, server: Server, name: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, EXAMPLES / name, *map(str, arguments)],
            env=clean_environment() | {"RAAS_TARGET": server.target},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def said(self, text: str = "") -> str:
        """All that it writes until its end, when it reads this text."""
        output, errors = self._process.communicate(text, timeout=60)
        assert errors == ""
        return output

    def line(self, text: str = "") -> str:
        """The next line that it writes, when it reads this text."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(text)
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


def test_example_is_known_answers_known_and_not_known(demo_server: Server) -> None:
    assert Example(demo_server, "is_known.py", "85673003360", "2020-01-01").said().startswith("known - ")
    assert Example(demo_server, "is_known.py", "85673003360", "1990-01-01").said().startswith("not known - ")
    assert "11 cijfers" in Example(demo_server, "is_known.py", "123", "1990-01-01").said()


def test_example_import_csv_imports_a_file_once(demo_server: Server, tmp_path: Path) -> None:
    path = tmp_path / "a-file.csv"
    path.write_text(
        "niss,dossier_type,begin,end\n"
        "71651404130,CHILD_BENEFIT,1990-01-01,1990-12-31\n"
        "123,CHILD_BENEFIT,1990-01-01,\n"
    )
    first = Example(demo_server, "import_csv.py", path).said().splitlines()
    again = Example(demo_server, "import_csv.py", path).said().splitlines()
    assert first[0] == "0 rows"
    assert first[2].startswith("row 2 was skipped: niss: ")
    assert first[-1] == "1 applied, 0 unchanged, 1 skipped"
    assert again == ["2 rows", "0 applied, 0 unchanged, 0 skipped"]


def test_example_bookkeeping_counts_each_mutation_once_when_killed(
    demo_server: Server, tmp_path: Path
) -> None:
    path = tmp_path / "books.sqlite"
    with RaasClient(demo_server.target, enterprise_number="0999999922").blocking() as caller:
        client = caller.client
        for number in range(4):
            year = 2010 + number
            answer = caller.run(client.inscribe(PERSON, "PENSION", f"{year}-01-01", f"{year}-01-31"))
            example = Example(demo_server, "bookkeeping.py", path)
            while example.line() != f"through {answer.revision}":
                if number == 0:
                    break
            example.kill()
        inscribed = client.mutations(kinds=[MutationKind.MUTATION_KIND_INSCRIBED])
        expected = Counter(each.dossier_type for each in caller.iterate(inscribed))
    with contextlib.closing(sqlite3.connect(path)) as books:
        assert dict(books.execute("SELECT dossier_type, number FROM inscriptions")) == expected


def test_example_lookups_answers_again_after_a_restart(demo_server: Server, tmp_path: Path) -> None:
    for _ in range(2):
        example = Example(demo_server, "lookups.py", tmp_path / "mirror.sqlite")
        assert example.line().startswith("a copy of revision ")
        assert example.line("85673003360 2020-01-01\n") == "HEALTH_INSURANCE"
        assert example.said("85673003360 1990-01-01\n") == "not known\n"


def test_example_tests_with_a_fake_pass() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "test_with_a_fake.py"],
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert "3 passed" in done.stdout, done.stdout


def test_readme_recipes_equal_the_example_file() -> None:
    recipes = re.findall(r"^```py\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    example = (EXAMPLES / "checkpoints_in_databases.py").read_text()
    assert len(recipes) == 3
    assert [each for each in recipes if each not in example] == []


def test_reference_equals_the_generated_one() -> None:
    generate = [sys.executable, ROOT / "clients/python/make_reference.py", "--print"]
    done = subprocess.run(generate, env=clean_environment(), capture_output=True, text=True, check=True)
    assert (ROOT / "clients/python/REFERENCE.md").read_text() == done.stdout


def test_readme_tables_name_every_option_parameter_and_field() -> None:
    options = {f"`{name}`" for name in inspect.signature(RaasClient).parameters}
    nested = {"patience": Patience, "retries": Retries, "keepalive": Keepalive}
    options |= {f"`{name}.{field.name}`" for name, each in nested.items() for field in fields(each)}
    options -= {f"`{name}`" for name in nested}
    subscribe = {f"`{name}`" for name in inspect.signature(RaasClient.subscribe).parameters} - {"`self`"}
    mirror = {f"`{name}`" for name in inspect.signature(RaasClient.mirror).parameters} - {"`self`"}
    checkpoint = {f"`{field.name}`" for field in fields(Checkpoint)}
    for section, expected in (
        ("## Options of the client", options),
        ("## Subscriptions", subscribe),
        ("## A local copy: the mirror", mirror),
        ("## Checkpoints", checkpoint),
    ):
        text = README.partition(f"\n{section}\n")[2].partition("\n## ")[0]
        named = {name for line in text.splitlines() if line.startswith("| `") for name in _named(line)}
        assert named >= expected, section


def _named(row: str) -> list[str]:
    return re.findall(r"`[\w.]+`", row.split("|")[1])
