"""`raas import` against a running server: rejections, and resuming after every kind of interruption."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import vectors
from tests.conftest import ABOUT_COMMANDS
from tests.e2e.registers import TestRegister, new_register
from tests.e2e.servers import ROOT, Server, clean_environment, free_port, raas, running_server
from tests.eventually import eventually

pytestmark = ABOUT_COMMANDS

HEADER = "operation,niss,dossier_type,begin,end\n"
BAD_EVERY = 1_000
SPREADSHEET = Path(__file__).with_name("people.xlsx")
ANN, BOB = "85673003360", "17670303353"


def written(directory: Path, *rows: str, header: str = HEADER, name: str = "people.csv") -> Path:
    path = directory / name
    path.write_text(header + "".join(f"{row}\n" for row in rows))
    return path


def large_file(directory: Path) -> Path:
    """The 20,000 operations, with a bad one after every BAD_EVERY."""
    rows = []
    for number, row in enumerate(vectors.operations(), start=1):
        rows.append(",".join(field or "" for field in row))
        if number % BAD_EVERY == 0:
            rows.append(f"INSCRIBE,{number:011d},PENSION,2024-01-01,")
    return written(directory, *rows)


def rejected_rows(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    with path.open(newline="", encoding="latin-1") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def assert_imported(
    register: TestRegister,
    path: Path,
    reference: tuple[TestRegister, Path],
    rejected: str = "people.rejected.csv",
) -> None:
    """The same lines, the same number of mutations and the same rejected rows as without interruption."""
    uninterrupted, reference_path = reference
    assert register.consulted() == vectors.lines()
    assert register.state().revision == uninterrupted.state().revision
    expected = reference_path.with_name("people.rejected.csv").read_text()
    assert path.with_name(rejected).read_text() == expected
    names = {file.name for file in path.parent.iterdir()}
    assert names == {"people.csv", "people.rejected.csv", rejected}


def result_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(done.stdout)
    return result


class ImportProcess:
    """`raas import` as a process that can be ended in the middle."""

    def __init__(self, path: Path, register: TestRegister, *options: str) -> None:
        self.state = path.with_name("people.raas-import.json")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "import", str(path), *options, *register.arguments],
            cwd=ROOT,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def await_answers(self, rows: int) -> None:
        """Wait until that many rows are answered while others are not."""
        deadline = time.monotonic() + 100
        while self._answered() < rows:
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def _answered(self) -> int:
        """The rows that are answered, by the state file; the command removes it in the end."""
        try:
            return int(json.loads(self.state.read_text())["offset"])
        except FileNotFoundError:
            return 0

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The process does nothing while the block lasts."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; returns the exit status and standard error."""
        self._process.send_signal(number)
        return self.result()

    def result(self) -> tuple[int, str]:
        """Wait for the end; returns the exit status and standard error."""
        self.written, said = self._process.communicate(timeout=60)
        return self._process.returncode, said


@pytest.fixture(scope="module")
def reference(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[TestRegister, Path]:
    """The large file, imported without interruption."""
    register, path = new_register(server), large_file(tmp_path_factory.mktemp("reference"))
    raas("import", str(path), *register.arguments, status=3)
    assert register.consulted() == vectors.lines()
    return register, path


def test_import_applies_good_rows_and_writes_bad_ones_with_their_reasons(
    register: TestRegister, tmp_path: Path
) -> None:
    path = written(
        tmp_path,
        f"INSCRIBE,{ANN},PENSION,2024-01-01,2024-12-31",
        "INSCRIBE,85673003361,PENSIO,2024-13-01,",
        f"REMOVE,{ANN},PENSION,2024-03-01,2024-03-31",
        f"ADD,{ANN},PENSION,2024-01-01,",
        f"INSCRIBE,{ANN},PENSION,2024-01-01,2024-01-31",
    )
    done = raas("import", str(path), *register.arguments, status=3)
    rejected = path.with_name("people.rejected.csv")
    assert done.stdout.splitlines()[0] == (f"5 rows: 2 applied, 1 unchanged, 2 rejected (see {rejected})")
    rows = rejected_rows(rejected)
    assert [row["line"] for row in rows] == ["3", "5"]
    assert list(rows[0]) == ["line", "operation", "niss", "dossier_type", "begin", "end", "reasons"]
    assert list(rows[0].values())[1:6] == ["INSCRIBE", "85673003361", "PENSIO", "2024-13-01", ""]
    assert [reason.split(" ")[0] for reason in rows[0]["reasons"].split("; ")] == [
        "NISS_MALFORMED",
        "PERIOD_INVALID",
        "DOSSIER_TYPE_UNKNOWN",
    ]
    assert rows[1]["reasons"] == "ROW_MALFORMED: the operation is neither INSCRIBE nor REMOVE"
    assert rejected.stat().st_mode & 0o777 == 0o600
    assert [line[2:] for line in register.exported()] == [
        ("2024-01-01", "2024-02-29"),
        ("2024-04-01", "2024-12-31"),
    ]


def test_file_of_rejected_rows_can_be_corrected_and_imported(register: TestRegister, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSIONS,2024-01-01,")
    raas("import", str(path), *register.arguments, status=3)
    rejected = path.with_name("people.rejected.csv")
    rejected.write_text(rejected.read_text().replace("PENSIONS", "PENSION"))
    raas("import", str(rejected), *register.arguments)
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]


def test_import_json_has_the_result(register: TestRegister, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,", f"INSCRIBE,{BOB},PENSION,2024-01-01,")
    done = raas("import", str(path), "--json", *register.arguments)
    result = result_of(done)
    assert result.pop("seconds") > 0
    assert result.pop("rows_per_second") > 0
    assert len(result.pop("import_id")) <= 64
    assert result == {
        "complete": True,
        "rows": 2,
        "applied": 2,
        "unchanged": 0,
        "rejected": 0,
        "applied_before": 0,
        "rejected_file": None,
        "revision": 7,
    }
    assert done.stderr == ""
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]


def test_import_of_the_same_file_applies_nothing_twice(register: TestRegister, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,", f"INSCRIBE,{ANN},PENSION,2024-13-01,")
    raas("import", str(path), *register.arguments, status=3)
    path.with_name("people.rejected.csv").unlink()
    written(tmp_path, f"REMOVE,{ANN},PENSION,,", name="removal.csv")
    raas("import", str(tmp_path / "removal.csv"), *register.arguments)

    again = result_of(raas("import", str(path), "--json", *register.arguments, status=3))
    assert (again["applied"], again["applied_before"], again["rejected"]) == (0, 1, 1)
    assert [row["line"] for row in rejected_rows(path.with_name("people.rejected.csv"))] == ["3"]
    assert register.exported() == []

    raas("import", str(path), "--import-id", "once-more", *register.arguments, status=3)
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]


def test_import_into_the_register_of_another_organisation(
    server: Server, register: TestRegister, tmp_path: Path
) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,")
    other = new_register(server)
    raas("import", str(path), *other.arguments, "--register", register.number)
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]
    assert other.exported() == []


def test_import_from_standard_input(register: TestRegister, tmp_path: Path) -> None:
    rows = f"niss;dossier_type;begin;end\n{ANN};PENSION;2024-01-01;\n{ANN};NONE;2024-01-01;\n"
    raas("import", "-", *register.arguments, stdin=rows.encode(), status=3, directory=tmp_path)
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]
    assert [file.name for file in tmp_path.iterdir()] == ["stdin.rejected.csv"]


def test_import_of_a_compressed_file(register: TestRegister, tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(f"{HEADER},{ANN},PENSION,2024-01-01,\n".encode()))
    raas("import", str(path), *register.arguments)
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]


def test_import_of_a_truncated_compressed_file_fails(register: TestRegister, tmp_path: Path) -> None:
    path = tmp_path / "people.csv.gz"
    path.write_bytes(gzip.compress(large_file(tmp_path).read_bytes())[:-20_000])
    done = raas("import", str(path), *register.arguments, status=1)
    assert "the compressed file is damaged or truncated" in done.stderr
    assert "stopped after row " in done.stderr
    assert "the same command resumes" not in done.stderr


def test_import_of_a_file_without_rows_is_complete(register: TestRegister, tmp_path: Path) -> None:
    done = result_of(raas("import", str(written(tmp_path)), "--json", *register.arguments))
    assert (done["complete"], done["rows"], done["revision"]) == (True, 0, 5)


def test_import_reports_all_header_errors(register: TestRegister, tmp_path: Path) -> None:
    path = written(tmp_path, header="niss,type,begin,begin\n")
    done = raas("import", str(path), *register.arguments, status=1)
    assert done.stderr.splitlines()[:4] == [
        f"raas: {path}: the header cannot be used",
        "missing: dossier_type, end",
        "unknown: 'type'",
        "more than once: begin",
    ]
    failed = result_of(raas("import", str(path), "--json", *register.arguments, status=1))
    assert (failed["complete"], failed["rows"], failed["error"]["reason"]) == (False, 0, "HEADER_INVALID")


def test_import_of_a_missing_file_fails(register: TestRegister, tmp_path: Path) -> None:
    done = raas("import", str(tmp_path / "nobody.csv"), *register.arguments, status=1)
    assert "No such file" in done.stderr


def test_import_without_a_register_is_refused(server: Server, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,")
    arguments = ("--target", server.target, "--enterprise-number", "0999999724", "--json")
    done = raas("import", str(path), *arguments, status=1)
    result = result_of(done)
    assert (result["complete"], result["error"]["reason"]) == (False, "REGISTER_UNKNOWN")
    assert "the same command" not in done.stderr


def test_import_fails_when_no_server_answers(tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,")
    target = f"127.0.0.1:{free_port()}"
    done = raas("import", str(path), "--target", target, "--patience", "0.5", status=1)
    assert f"{target}: " in done.stderr
    assert "trying again" in done.stderr
    assert "the same command resumes there" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_import_resumes_after_a_signal(
    server: Server,
    reference: tuple[TestRegister, Path],
    tmp_path: Path,
    number: signal.Signals,
) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register)
    importing.await_answers(4_000)
    status, said = importing.end(number)
    if number is signal.SIGKILL:
        assert status == -number
    else:
        assert status == 130
        assert "the same command resumes there" in said
    left = json.loads(importing.state.read_text())
    assert 4_000 <= left["offset"] < 20_000

    result = result_of(raas("import", str(path), "--json", *register.arguments, status=3))
    assert result["rows"] == 20_020
    assert result["applied"] >= left["applied"]
    assert_imported(register, path, reference)


def test_import_resumes_without_its_state_file(
    server: Server, reference: tuple[TestRegister, Path], tmp_path: Path
) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register)
    importing.await_answers(4_000)
    importing.end(signal.SIGKILL)
    importing.state.unlink()
    raas("import", str(path), *register.arguments, status=3)
    # The file of the interrupted run may have been corrected since: it is kept.
    assert_imported(register, path, reference, "people.rejected-2.csv")


def test_import_ignores_a_state_file_that_is_ahead_of_the_server(
    server: Server, reference: tuple[TestRegister, Path], tmp_path: Path
) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register)
    importing.await_answers(4_000)
    importing.end(signal.SIGKILL)
    elsewhere = new_register(server)
    state = json.loads(importing.state.read_text()) | {"enterprise_number": elsewhere.number}
    importing.state.write_text(json.dumps(state))
    raas("import", str(path), *elsewhere.arguments, status=3)
    assert_imported(elsewhere, path, reference, "people.rejected-2.csv")


def test_import_resumes_by_itself_after_the_server_was_killed(
    own_server: Server, reference: tuple[TestRegister, Path], tmp_path: Path
) -> None:
    register, importing, path = _importing(own_server, tmp_path)
    own_server.kill()
    own_server.start()
    _assert_resumed(register, importing, path, reference)


def test_import_resumes_by_itself_after_the_server_was_stopped(
    reference: tuple[TestRegister, Path], tmp_path: Path
) -> None:
    # With more time to stop, the server would let the import finish.
    with running_server(tmp_path, "--shutdown-seconds", "0.05") as server:
        register, importing, path = _importing(server, tmp_path)
        assert server.stop() == 0
        server.start()
        _assert_resumed(register, importing, path, reference)


def _importing(server: Server, directory: Path) -> tuple[TestRegister, ImportProcess, Path]:
    """An import of the large file, interrupted in the middle."""
    files = directory / "files"
    files.mkdir()
    register, path = new_register(server), large_file(files)
    importing = ImportProcess(path, register)
    importing.await_answers(4_000)
    return register, importing, path


def _assert_resumed(
    register: TestRegister, importing: ImportProcess, path: Path, reference: tuple[TestRegister, Path]
) -> None:
    status, said = importing.result()
    assert status == 3, said
    assert "trying again" in said
    assert_imported(register, path, reference)


def test_import_without_enterprise_number_names_the_option(server: Server, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,")
    done = raas("import", str(path), "--target", server.target, status=1)
    assert "--enterprise-number" in done.stderr


@pytest.mark.parametrize("form", ["-", "/dev/stdin", "fifo"])
def test_import_from_a_stream_applies_every_row(server: Server, tmp_path: Path, form: str) -> None:
    register = new_register(server)
    content = large_file(tmp_path).read_bytes()
    file = form
    if form == "fifo":
        file = str(tmp_path / "fifo.csv")
        os.mkfifo(file)
        threading.Thread(target=Path(file).write_bytes, args=(content,)).start()
    stdin = None if form == "fifo" else content
    rejected = tmp_path / "rejected.csv"
    done = raas(
        "import", file, "--rejected", str(rejected), "--json", *register.arguments, stdin=stdin, status=3
    )
    assert result_of(done)["rows"] == 20_020
    assert register.consulted() == vectors.lines()
    assert len(rejected_rows(rejected)) == 20


def test_import_of_a_file_as_excel_writes_it(register: TestRegister, tmp_path: Path) -> None:
    path = tmp_path / "PEOPLE.CSV"
    path.write_bytes(
        (
            "sep=;\r\nINSZ;Dossiertype;Begindatum;Einddatum;Naam;;\r\n;;;;;;\r\n"
            "85.67.30-033.60 ; PENSION;01/02/2024;29/02/2024;Müller;;\r\n"
            "5673003360;PENSION;01/02/2024;;;;\r\n;;;;;;\r\n"
        ).encode("windows-1252")
    )
    options = ("--date-format", "DD/MM/YYYY", "--encoding", "windows-1252")
    done = raas("import", str(path), *options, *register.arguments, status=3)
    assert register.exported() == [(ANN, "PENSION", "2024-02-01", "2024-02-29")]
    (rejected,) = rejected_rows(path.with_name("PEOPLE.rejected.csv"), delimiter=";")
    assert rejected["line"] == "5"
    assert "NISS_MALFORMED" in rejected["reasons"]
    assert "raas: the NISS has lost its leading zero: format the column as text" in done.stderr
    assert ANN[1:] not in done.stderr


def test_dates_in_another_format_are_hinted_at_and_can_be_imported_again(
    register: TestRegister, tmp_path: Path
) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,01/02/2024,")
    done = raas("import", str(path), "--json", *register.arguments, status=3)
    assert result_of(done)["hints"] == ["dates look like DD/MM/YYYY: give --date-format DD/MM/YYYY"]
    raas("import", str(path), "--date-format", "DD/MM/YYYY", *register.arguments)
    assert register.exported() == [(ANN, "PENSION", "2024-02-01", None)]


def test_import_of_a_spreadsheet(register: TestRegister, tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    path.write_bytes(SPREADSHEET.read_bytes())
    raas("import", str(path), *register.arguments, status=3)
    assert register.exported() == [
        (BOB, "PENSION", "2024-01-01", None),
        (ANN, "PENSION", "2024-01-01", "2024-12-31"),
    ]
    (rejected,) = rejected_rows(tmp_path / "people.rejected.csv")
    assert (rejected["line"], rejected["Dossiertype"]) == ("4", "NONE")


def test_dry_run_checks_every_row_and_applies_none(register: TestRegister, tmp_path: Path) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,", f"INSCRIBE,{ANN},NONE,2024-01-01,")
    before = register.state()
    done = raas("import", str(path), "--dry-run", *register.arguments, status=3)
    assert done.stdout == "2 rows checked, 1 would be rejected; nothing was applied\n"
    assert "line 3: DOSSIER_TYPE_UNKNOWN" in done.stderr
    assert register.state() == before
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]


def test_rejected_that_names_an_existing_file_is_refused_before_anything_is_touched(
    register: TestRegister, tmp_path: Path
) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},NONE,2024-01-01,")
    before = path.read_text()
    done = raas("import", str(path), "--rejected", str(path), *register.arguments, status=1)
    assert "is the file to import" in done.stderr
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]
    raas("import", str(path), "--rejected", "/dev/stderr", *register.arguments, status=3)
    assert [file.name for file in tmp_path.iterdir()] == ["people.csv"]


def test_import_stops_with_its_counts_when_rejected_rows_cannot_be_written(
    register: TestRegister, tmp_path: Path
) -> None:
    path = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,", f"INSCRIBE,{ANN},NONE,2024-01-01,")
    done = raas("import", str(path), "--rejected", "/dev/full", "--json", *register.arguments, status=1)
    result = result_of(done)
    assert (result["complete"], result["error"]["messages"]) == (False, ["No space left on device"])
    assert "the same command resumes there" in done.stderr


def test_import_of_a_silent_pipe_is_ended_by_a_signal(register: TestRegister, tmp_path: Path) -> None:
    rejected = tmp_path / "rejected.csv"
    options = ("--rejected", str(rejected), "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "raas.cli", "import", "-", *options, *register.arguments],
        cwd=ROOT,
        env=clean_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    rows = f"{ANN},PENSION,2024-01-01,\n" * 1_999 + f"{ANN},NONE,2024-01-01,\n"
    process.stdin.write("niss,dossier_type,begin,end\n" + rows)
    process.stdin.flush()
    # Once the last row is written as rejected, the command has the answers to all rows.
    eventually(lambda: rejected.exists() and rejected.read_text().count("\n") == 2, 100)
    process.send_signal(signal.SIGINT)
    result, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert (json.loads(result)["complete"], json.loads(result)["applied"]) == (False, 1)
    assert errors == "raas: stopped after row 2,000; standard input and pipes cannot be resumed\n"


def test_import_id_used_for_other_content_is_refused(register: TestRegister, tmp_path: Path) -> None:
    one = written(tmp_path, f"INSCRIBE,{ANN},PENSION,2024-01-01,")
    arguments = ("--import-id", "monthly", *register.arguments)
    named = (*arguments, "--state-dir", str(tmp_path))
    raas("import", str(one), *named)
    other = written(tmp_path, f"INSCRIBE,{BOB},PENSION,2024-01-01,", name="other.csv")
    assert "used for other content" in raas("import", str(other), *named, status=1).stderr
    # On another machine, only a shorter file can be noticed.
    empty = written(tmp_path, name="empty.csv")
    assert "used for other content" in raas("import", str(empty), *arguments, status=1).stderr
    result = result_of(raas("import", str(empty), "--json", *arguments, status=1))
    assert (result["complete"], result["error"]["reason"]) == (False, "IMPORT_ID_REUSED")
    assert register.exported() == [(ANN, "PENSION", "2024-01-01", None)]


def test_file_that_changes_while_it_is_imported_ends_with_1(server: Server, tmp_path: Path) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register, "--json")
    importing.await_answers(4_000)
    with path.open("a") as file:
        file.write(f"INSCRIBE,{ANN},PENSION,2024-01-01,\n")
    status, _ = importing.result()
    assert status == 1
    result = json.loads(importing.written)
    assert (result["complete"], result["error"]["reason"]) == (False, "FILE_CHANGED")
    assert 4_000 <= result["rows"] == result["applied"] + result["unchanged"] + result["rejected"]


def test_second_import_of_a_file_is_refused_while_the_first_runs(server: Server, tmp_path: Path) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register)
    importing.await_answers(2_000)
    with importing.frozen():
        second = raas("import", str(path), "--json", *register.arguments, status=1)
    assert result_of(second)["error"]["reason"] == "IMPORT_RUNNING"
    assert importing.result()[0] == 3


def test_interrupted_import_writes_its_counts_as_json(server: Server, tmp_path: Path) -> None:
    register, path = new_register(server), large_file(tmp_path)
    importing = ImportProcess(path, register, "--json")
    importing.await_answers(4_000)
    status, errors = importing.end(signal.SIGTERM)
    result = json.loads(importing.written)
    assert (status, result["complete"]) == (130, False)
    assert result["rows"] >= 4_000
    assert "Traceback" not in errors
