"""`raas migrate`: migrates the database to the schema of this version, and distributes its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from raas.cli.database.connection import DatabaseUrl, DataDir, work_on_database
from raas.cli.server.options import Json

if TYPE_CHECKING:
    from raas.storage.schema.distribution import Distribution
    from raas.storage.schema.version import SchemaVersion

_NOT_EMBEDDED = (
    "the embedded PostgreSQL is not a cluster: name the coordinator of one in RAAS_DATABASE_URL, "
    "or leave --distribute out"
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
    as_json: Json = False,
) -> None:
    """Migrate the database to the schema of this version.

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
    found: SchemaVersion | None = None
    distributed: Distribution | None = None

    def work(dsn: str) -> None:
        from raas import maintenance

        nonlocal found, distributed
        if distribute:
            maintenance.require_coordinator(dsn)
        found = maintenance.migrate(dsn)
        if distribute:
            distributed = maintenance.distribute_tables(dsn, shards)

    ending = work_on_database(
        database_url, data_dir, work, create=True, not_embedded=_NOT_EMBEDDED if distribute else ""
    )
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
