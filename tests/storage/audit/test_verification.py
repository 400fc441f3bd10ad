"""Rows of the audit that somebody altered by hand in the database, against both verifiers."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
import pytest

from raas.domain.audit.export import RecordLine, parse_line
from raas.domain.audit.findings import Fault, Verification
from raas.domain.audit.record import record_from_texts
from raas.domain.numbers.enterprise_number import enterprise_number_text
from raas.maintenance.audit import audit_of
from raas.maintenance.database import migrate
from raas.signing.destinations import CheckpointDirectory
from raas.storage.audit.log import open_audit_log
from raas.storage.audit.proof_store import PostgresProofStore
from raas.storage.audit.rows import GIVEN, GIVEN_ROWS, INSERTED, record_parameters
from raas.storage.connection.database import open_database
from raas.usecases.ports.audit.chains import ChainedRecord
from raas.usecases.proof.checkpointer import Checkpointer
from tests.citus import distribute_tables
from tests.conftest import CITUS_DSN, new_database
from tests.interop.test_audit_verifier import JavaScript, javascript
from tests.usecases.proof.corruptions import CORRUPTIONS, Case
from tests.usecases.proof.sample_log import ORIGIN, OWNER, SampleLog, full_log

__all__ = ["javascript"]

RECORDS = ("audit_call", "audit_write", "audit_criteria")
PROCESS, REGISTER = "process/", "register/"


@dataclass
class LoggedDatabase:
    """A database that holds the sample log with its checkpoints, of which a directory keeps copies."""

    dsn: str
    kept: Path
    log: SampleLog
    case: Case

    def verified(self) -> Verification:
        with audit_of(self.dsn) as audit:
            return audit.verify(self.kept, self.log.keys)

    def exported(self) -> Case:
        with audit_of(self.dsn) as audit:
            return Case(
                list(audit.export()), [path.read_bytes() for path in sorted(self.kept.rglob("*.note"))]
            )

    def put(self, lines: list[RecordLine]) -> None:
        """Replace all records of the database by these."""
        with psycopg.connect(self.dsn) as connection:
            for table in RECORDS:
                connection.execute(f"DELETE FROM {table}")
            for line in lines:
                insert(connection, line)


def insert(connection: psycopg.Connection, line: RecordLine) -> None:
    """Store a record as it stands in an export."""
    record = record_from_texts(line.texts)
    parameters = record_parameters([ChainedRecord(line.index, line.hash, line.texts, record)])
    if line.chain.startswith(PROCESS):
        key = {"chain": line.chain.removeprefix(PROCESS)}
        table, columns, values = "audit_call", "chain", "%(chain)s::uuid"
    else:
        key = {"register": int(line.chain.removeprefix(REGISTER))}
        table, columns = "audit_write", "register_id"
        values = "(SELECT id FROM register WHERE enterprise_number = %(register)s)"
    statement = (
        f"INSERT INTO {table} ({columns}, log, {INSERTED}) SELECT {values}, 1, {GIVEN} FROM {GIVEN_ROWS}"
    )
    connection.execute(statement, {**parameters, **key})
    if line.criteria is not None:
        connection.execute(
            "INSERT INTO audit_criteria (chain, log, chain_index, time, salt, content)"
            " VALUES (%s, 1, %s, now(), %s, %s)",
            (key["chain"], line.index, line.criteria.salt, line.criteria.content),
        )


@pytest.fixture(scope="module")
def logged(server_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedDatabase]:
    kept = tmp_path_factory.mktemp("kept")
    with new_database(server_dsn) as dsn:
        migrate(dsn)
        if CITUS_DSN is not None:
            distribute_tables(dsn)
        with psycopg.connect(dsn) as connection:
            # The tables belong to this user, who may give back to itself what the migration took from it.
            for table in (*RECORDS, "audit_seal", "audit_checkpoint"):
                connection.execute(f"GRANT ALL ON {table} TO CURRENT_USER")
        yield asyncio.run(filled_database(dsn, kept))


async def filled_database(dsn: str, kept: Path) -> LoggedDatabase:
    """Fill a migrated database, and deliver its checkpoints to a directory."""
    log = await full_log()
    case = Case(await log.export(), log.notes)
    engine = open_database(dsn, autocommit=True)
    try:
        await open_audit_log(engine, ORIGIN)
        with psycopg.connect(dsn, autocommit=True) as connection:
            (register,) = connection.execute(
                "INSERT INTO register (enterprise_number, name) VALUES (%s, 'R') RETURNING id",
                (OWNER,),
            ).fetchone() or (0,)
            lines = [record_line(line) for line in case.lines[1:]]
            for line in lines:
                insert(connection, line)
            of_register = [line for line in lines if line.chain.startswith(REGISTER)]
            connection.execute(
                "INSERT INTO register_head (register_id, record_time, checksum, audit_length, audit_hash)"
                " VALUES (%s, now(), '', %s, %s)",
                (register, of_register[-1].index, of_register[-1].hash),
            )
            for chain in {line.chain for line in lines if line.chain.startswith(PROCESS)}:
                key = chain.removeprefix(PROCESS)
                connection.execute("INSERT INTO audit_process VALUES (%s, 1, now())", (key,))
            sealed = next(line for line in lines if line.texts[1] == "SEAL")
            connection.execute(
                "INSERT INTO audit_seal VALUES (%s, 1, now())", (sealed.chain.removeprefix(PROCESS),)
            )
        store = PostgresProofStore(engine, 1)
        directory = CheckpointDirectory(kept)
        notes = []
        for number in range(1, 4):
            checkpointer = Checkpointer(store, ORIGIN, log.signers, lambda: log.now)
            note = await checkpointer.step(even_if_idle=True)
            assert note is not None
            await directory.deliver(number, note)
            await store.record_delivery("directory", number)
            notes.append(note)
        made = LoggedDatabase(dsn, kept, log, replace(case, notes=notes))
        return made
    finally:
        await engine.dispose()


def record_line(data: bytes) -> RecordLine:
    line = parse_line(data[:-1])
    assert isinstance(line, RecordLine)
    return line


def test_untouched_database_is_sound(logged: LoggedDatabase, javascript: JavaScript) -> None:
    result = logged.verified()
    assert result.findings == ()
    assert (result.records, result.checkpoints) == (len(logged.case.lines) - 1, 3)
    assert javascript.verify(logged.exported())["sound"]


ALTERED = (
    "outcome_of_a_record_altered",
    "stored_hash_of_a_record_altered",
    "last_record_altered",
    "record_altered_and_everything_chained_anew",
    "first_record_dropped",
    "record_dropped",
    "contents_of_two_records_swapped",
    "numbers_of_two_records_swapped",
    "records_of_two_chains_swapped",
    "tail_cut",
    "search_criteria_altered",
)
"""Corruptions of an export that are also possible as alterations of rows: both verifiers name them alike."""


@pytest.mark.parametrize("name", ALTERED)
def test_both_verifiers_name_records_altered_in_the_database(
    name: str, logged: LoggedDatabase, javascript: JavaScript
) -> None:
    corruption, faults = CORRUPTIONS[name]
    # The database has the records in another order of leaves than the sample: its own export is corrupted.
    whole = logged.exported()
    made = corruption(whole)
    case = asyncio.run(_awaited(made)) if inspect.isawaitable(made) else made
    assert isinstance(case, Case)
    try:
        logged.put([record_line(line) for line in case.lines[1:]])
        found = {finding.fault for finding in logged.verified().findings}
        theirs = {each["fault"] for each in javascript.verify(logged.exported())["findings"]}
    finally:
        logged.put([record_line(line) for line in whole.lines[1:]])
    expected = faults | {Fault.RECORD_MISSING} if name == "tail_cut" else faults
    assert found & expected
    assert theirs & {fault.name for fault in expected}
    assert logged.verified().sound


async def _awaited(case: object) -> object:
    assert inspect.isawaitable(case)
    return await case


def test_invented_record_at_the_end_of_a_register_is_named(logged: LoggedDatabase) -> None:
    _stray(logged, f"{REGISTER}{enterprise_number_text(OWNER)}", Fault.RECORD_INVENTED)


def test_invented_record_after_a_seal_is_named(logged: LoggedDatabase) -> None:
    lines = [record_line(line) for line in logged.case.lines[1:]]
    _stray(logged, next(line.chain for line in lines if line.texts[1] == "SEAL"), Fault.RECORD_INVENTED)


def _stray(logged: LoggedDatabase, chain: str, fault: Fault) -> None:
    whole = [record_line(line) for line in logged.exported().lines[1:]]
    last = max((line for line in whole if line.chain == chain), key=lambda line: line.index)
    try:
        logged.put([*whole, replace(last, index=last.index + 1, criteria=None)])
        assert {finding.fault for finding in logged.verified().findings} >= {fault}
    finally:
        logged.put(whole)


def test_checkpoint_removed_from_the_directory_is_named(
    logged: LoggedDatabase, javascript: JavaScript
) -> None:
    for path in sorted(logged.kept.rglob("*.note")):
        note = path.read_bytes()
        path.unlink()
        try:
            assert {finding.fault for finding in logged.verified().findings} == {Fault.CHECKPOINT_MISSING}
            assert not javascript.verify(logged.exported())["sound"]
        finally:
            path.write_bytes(note)


@pytest.mark.parametrize("number", [1, 2])
def test_checkpoint_removed_from_the_database_is_named(logged: LoggedDatabase, number: int) -> None:
    with psycopg.connect(logged.dsn) as connection:
        connection.execute(f"CREATE TABLE saved AS SELECT * FROM audit_checkpoint WHERE number = {number}")
        connection.execute(f"DELETE FROM audit_checkpoint WHERE number = {number}")
    try:
        (finding,) = logged.verified().findings
        assert (finding.fault, finding.checkpoint) == (Fault.CHECKPOINT_MISSING, number)
    finally:
        with psycopg.connect(logged.dsn) as connection:
            connection.execute("INSERT INTO audit_checkpoint SELECT * FROM saved")
            connection.execute("DROP TABLE saved")


def test_older_copy_of_the_database_is_named(logged: LoggedDatabase, javascript: JavaScript) -> None:
    with psycopg.connect(logged.dsn) as connection:
        connection.execute("CREATE TABLE saved AS SELECT * FROM audit_checkpoint WHERE number = 3")
        connection.execute("DELETE FROM audit_checkpoint WHERE number = 3")
    try:
        assert {finding.fault for finding in logged.verified().findings} == {Fault.TAIL_CUT}
        found = {each["fault"] for each in javascript.verify(logged.exported())["findings"]}
        assert found == {"TAIL_CUT"}
    finally:
        with psycopg.connect(logged.dsn) as connection:
            connection.execute("INSERT INTO audit_checkpoint SELECT * FROM saved")
            connection.execute("DROP TABLE saved")
