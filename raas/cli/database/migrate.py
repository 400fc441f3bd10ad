"""`raas migrate`: migrates the database to the schema of this version, and distributes its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json

if TYPE_CHECKING:
    from raas.ops.settings import Settings
    from raas.storage.schema.distribution import Distribution
    from raas.storage.schema.version import SchemaVersion

MIGRATION_DATABASE_URL = "RAAS_MIGRATION_DATABASE_URL"

_NO_CLUSTER = (
    "the embedded PostgreSQL is not a cluster: name the coordinator of one in RAAS_DATABASE_URL, "
    "or leave --distribute out"
)
_ONE_ROLE = (
    "the embedded PostgreSQL has one role for servers and migrations: name the database of the servers in "
    "RAAS_DATABASE_URL, or leave RAAS_MIGRATION_DATABASE_URL out"
)


def migrate(
    database_url: DatabaseUrl = None,
    data_dir: DataDir = None,
    distribute: Annotated[
        bool,
        typer.Option("--distribute", help="Then distribute the tables over the nodes of a Citus cluster."),
    ] = False,
    shards: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="With --distribute: the number of shards; 32 if not given."),
    ] = None,
    migration_database_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar=MIGRATION_DATABASE_URL,
            help="The database with the role that owns the tables, if servers have another role; "
            "RAAS_MIGRATION_DATABASE_URL hides a password better.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Migrate the database to the schema of this version.

    With RAAS_MIGRATION_DATABASE_URL the role of that URL owns the tables, and the role of the servers, which
    is made if it does not exist, may read the audit and add to it, but not change it. A role raas_erasure is
    made that may delete search criteria from the audit.

    All steps are one transaction. A server migrates its embedded PostgreSQL itself, but never a database of
    your own. A database that a later version has migrated is left alone if this version can work on it.

    With --distribute, the tables about registers are then distributed over the nodes of the cluster, each
    register on one node, and small tables are copied to every node. Stop the servers first. The command can
    be repeated: it does what is missing.

    Exit status: 0 the database has the schema of this version, and its tables are distributed if asked;
    1 failed, 130 interrupted.
    """
    if shards is not None and not distribute:
        raise typer.BadParameter("--shards belongs to --distribute")
    from importlib.metadata import version

    from raas.usecases.admin.command_record import Command

    found: SchemaVersion | None = None
    distributed: Distribution | None = None

    def work(dsn: str, _: Settings) -> None:
        from raas.maintenance import database as maintenance

        nonlocal found, distributed
        owner_dsn = migration_database_url or dsn
        if distribute:
            maintenance.require_coordinator(owner_dsn)
        found = maintenance.migrate(owner_dsn, dsn if migration_database_url else None)
        if distribute:
            distributed = maintenance.distribute_tables(owner_dsn, shards)

    not_embedded = _NO_CLUSTER if distribute else _ONE_ROLE if migration_database_url else ""
    command = Command("raas migrate", {"version": version("raas"), "distribute": distribute})
    ending = work_on_database(database_url, data_dir, work, command, create=True, not_embedded=not_embedded)
    result: dict[str, object] = {"found": found.current, "now": found.needed} if found else {}
    sentences = [_sentence(found)] if found else []
    if distributed:
        result["distribution"] = {
            "distributed": distributed.distributed,
            "copied": distributed.copied,
            "before": distributed.before,
            "shards": distributed.shards,
        }
        sentences += _distribution_sentences(distributed)
    ending.tell(result, "\n".join(sentences), as_json=as_json)


def _sentence(found: SchemaVersion) -> str:
    if found.is_needed:
        return f"the database already had schema {found.needed}"
    if found.is_newer:
        return f"the database keeps schema {found.current}, which is newer than {found.needed}"
    return f"the database now has schema {found.needed}; before: {found.current or 'empty'}"


def _distribution_sentences(done: Distribution) -> list[str]:
    sentences = []
    if done.distributed:
        sentences.append(f"distributed over {done.shards} shards: {', '.join(done.distributed)}")
    if done.copied:
        sentences.append(f"copied to every node: {', '.join(done.copied)}")
    if done.before:
        sentences.append(f"in their place before: {', '.join(done.before)}")
    return sentences
