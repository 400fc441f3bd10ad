"""An upgrade from the version before: its database, tokens, request ids and imports still serve.

`schema-0004` was recorded with record.py on the version at schema 0004 (commit d6f92f6): its database as
plain SQL, and calls with the answers of that version.
"""

from __future__ import annotations

import asyncio
import base64
import json
import lzma
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import psycopg
import pytest
from cryptography.fernet import Fernet

from raas.storage.connection.database import open_database
from raas.storage.schema.migration import schema_version
from raas.storage.schema.version import SchemaVersion
from tests.conftest import new_database
from tests.e2e.registers import TestRegister, see_identities
from tests.e2e.servers import LOCAL, Server, ServerDied, raas
from tests.upgrade.conversation import Asked, Json, ask
from tests.upgrade.record import PEOPLE

RECORDED = Path(__file__).with_name("schema-0004")
CALLS = [Asked(**call) for call in json.loads(lzma.decompress((RECORDED / "calls.json.xz").read_bytes()))]
OWNER = "0900000048"
"""The register that reads identities; in that version no authorisation was needed."""
NOT_COMPARED = ("next_page_token", "resume_token", "last_seen_time", "message", "algorithm")
"""Fields of which only the presence is compared.

Tokens are made anew, sentences may be worded better, and the rules of the search have another version.
"""

ADDED = ("environment", "server_version", "server_time", "withheld_fields")
"""Fields that did not exist in that version."""

# Rows that a server forgets after 7 days are as old as on the day of the dump.
_RENEW = """
UPDATE request SET time = now();
UPDATE import_progress SET time = now();
UPDATE person_request SET time = now();
UPDATE person_import SET time = now()"""


def restore(dsn: str) -> None:
    """Restore the dump into an empty database."""
    dump = lzma.decompress((RECORDED / "dump.sql.xz").read_bytes()).decode()
    # Lines for psql alone begin with a backslash.
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))
    with psycopg.connect(dsn) as connection:
        connection.execute(statements)
        connection.execute("RESET ALL")
        connection.execute(_RENEW)


@pytest.fixture(scope="module")
def seal(server: Server) -> Fernet:
    """The seal of page tokens in the restored database."""
    with psycopg.connect(server.dsn) as connection:
        row = connection.execute("SELECT value FROM secret WHERE name = 'page_seal'").fetchone()
    assert row is not None
    return Fernet(base64.urlsafe_b64encode(row[0]))


@pytest.fixture(scope="module")
def server(server_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of this version on the restored and migrated database."""
    with new_database(server_dsn) as dsn:
        restore(dsn)
        server = Server(tmp_path_factory.mktemp("upgrade"), dsn, *LOCAL)
        server.start()
        try:
            see_identities(TestRegister(server, OWNER))
            yield server
        finally:
            server.stop()


def found_schema(dsn: str) -> SchemaVersion:
    """The version of the schema of a database."""

    async def find() -> SchemaVersion:
        engine = open_database(dsn)
        try:
            return await schema_version(engine)
        finally:
            await engine.dispose()

    return asyncio.run(find())


@pytest.fixture(scope="module")
def channel(server: Server) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.target) as channel:
        yield channel


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.rpc)
def test_recorded_call_is_answered_as_before(channel: grpc.Channel, seal: Fernet, call: Asked) -> None:
    today = replace(call, requests=[_sealed_today(request, seal) for request in call.requests])
    answers = ask(channel, today, most=len(call.answers))
    before = [
        _withheld_today(recorded, answer) for recorded, answer in zip(call.answers, answers, strict=True)
    ]
    assert [_comparable(answer) for answer in answers] == [_comparable(answer) for answer in before]


def test_log_continues_after_the_upgrade(channel: grpc.Channel) -> None:
    owner = next(call for call in CALLS if call.rpc == "RegisterService.GetRegister")
    ((register,),) = ([answer["register"]] for answer in ask(channel, owner))
    revision = int(register["revision"])
    period = {"begin": "1960-01-01", "end": "1960-01-31"}
    type_ = {"code": f"TYPE-{revision}"}
    ask(channel, Asked("RegisterService.CreateDossierType", owner.caller, [{"dossier_type": type_}]))
    inscription = {"niss": PEOPLE[20], "dossier_type": type_["code"], "period": period}
    (answer,) = ask(channel, Asked("RegisterService.Inscribe", owner.caller, [inscription]))
    assert answer["outcome"] == "INSCRIBE_OUTCOME_CREATED"
    assert answer["revision"] == str(revision + 2)
    listed = Asked("MutationStream.ListMutations", owner.caller, [{"after_revision": str(revision)}])
    (page,) = ask(channel, listed)
    assert [mutation["revision"] for mutation in page["mutations"]] == [str(revision + 1), str(revision + 2)]


def test_server_refuses_the_old_schema_before_the_migration(server_dsn: str, tmp_path: Path) -> None:
    with new_database(server_dsn) as dsn:
        restore(dsn)
        schema = found_schema(dsn)
        # Not all migrations since are expansions.
        assert (schema.current, schema.is_usable) == ("0004", False)
        with pytest.raises(ServerDied, match=r"the database is at schema 0004, .*: run `raas migrate`"):
            Server(tmp_path, dsn).start(migrate=False)


def test_server_serves_on_a_schema_that_a_later_release_expanded(server_dsn: str, tmp_path: Path) -> None:
    with new_database(server_dsn) as dsn:
        server = Server(tmp_path, dsn)
        raas("migrate", environment=server.environment)
        with psycopg.connect(dsn) as connection:
            connection.execute("INSERT INTO schema_change VALUES ('later', '999', true)")
            connection.execute("UPDATE alembic_version SET version_num = 'later'")
        server.start(migrate=False)
        assert server.stop() == 0
        assert "schema of another release" in server.log.read_text()


def _sealed_today(value: Any, seal: Fernet) -> Any:
    """The request with the same tokens, sealed today: a token is accepted for a day."""
    if isinstance(value, dict):
        return {
            name: seal.encrypt(seal.decrypt(inner)).decode()
            if name in ("page_token", "resume_token") and inner
            else _sealed_today(inner, seal)
            for name, inner in value.items()
        }
    return [_sealed_today(each, seal) for each in value] if isinstance(value, list) else value


def _withheld_today(recorded: Any, answer: Any) -> Any:
    """The recorded answer without the fields of identities that today's answer says it withholds.

    That version showed the identity of every person that a register had ever known.
    """
    if isinstance(recorded, dict) and isinstance(answer, dict):
        kept = {name: _withheld_today(value, answer.get(name)) for name, value in recorded.items()}
        for name in answer.get("withheld_fields", ()):
            kept["identity"].pop(name, None)
            if "source_date" not in answer:  # that of withheld fields
                kept.pop("source_date", None)
        return kept
    if isinstance(recorded, list) and isinstance(answer, list):
        return [_withheld_today(*pair) for pair in zip(recorded, answer, strict=True)]
    return recorded


def _comparable(answer: Json) -> Json:
    """The answer with the fields that are compared."""

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {
                name: name in NOT_COMPARED or plain(inner)
                for name, inner in value.items()
                if name not in ADDED
            }
        return [plain(each) for each in value] if isinstance(value, list) else value

    compared = plain(answer)
    assert isinstance(compared, dict)
    return compared
