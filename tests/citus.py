"""Databases of a Citus cluster for the tests: every node gets one of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from raas.storage.connection.database import open_database
from raas.storage.schema.distribution import Distribution, distribute
from tests.eventually import eventually

SHARDS = 4
"""Few, so that tables are distributed quickly; more than the workers of a small cluster."""

_CREATION = 491260048130
"""The number of an advisory lock: one process of the tests at a time creates a database."""


@contextmanager
def new_citus_database(coordinator: str) -> Iterator[str]:
    """Create an empty database on all nodes of the cluster while the block lasts; yields its DSN there.

    The database that `coordinator` names has the extension, and lists the nodes.
    """
    with psycopg.connect(coordinator) as connection:
        # Two nodes that are added at the same moment change the same rows of roles: one of them would fail.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATION,))
        nodes = connection.execute(
            "SELECT nodename, nodeport, groupid, shouldhaveshards FROM pg_dist_node ORDER BY groupid"
        ).fetchall()
        name = f"raas_test_{uuid4().hex}"
        servers = [_dsn(coordinator, host, port) for host, port, *_ in nodes]
        for server in servers:
            _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            _execute(_dsn_of(server, name), sql.SQL("CREATE EXTENSION citus"))
        dsn = _dsn_of(coordinator, name)
        _add_nodes(dsn, nodes)
    try:
        yield dsn
    finally:
        for server in servers:
            eventually(_dropped(server, name))


def nodes_of(dsn: str) -> list[str]:
    """The DSN of the database on each node of its cluster, or that of the only server."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT to_regclass('pg_dist_node')").fetchone()
        if row == (None,):
            return [dsn]
        nodes = connection.execute("SELECT nodename, nodeport FROM pg_dist_node ORDER BY groupid").fetchall()
    return [_dsn(dsn, host, port) for host, port in nodes]


def distribute_tables(dsn: str, shards: int = SHARDS) -> Distribution:
    """Distribute the tables of a migrated database, as `raas migrate --distribute` does."""

    async def run() -> Distribution:
        engine = open_database(dsn, autocommit=True, limits=None)
        try:
            return await distribute(engine, shards)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def _add_nodes(dsn: str, nodes: Sequence[tuple[Any, ...]]) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for host, port, group, has_shards in nodes:
            if group == 0:
                connection.execute("SELECT citus_set_coordinator_host(%s, %s)", (host, port))
                connection.execute(
                    "SELECT citus_set_node_property(%s, %s, 'shouldhaveshards', %s)", (host, port, has_shards)
                )
            else:
                connection.execute("SELECT citus_add_node(%s, %s)", (host, port))


def _dropped(server: str, name: str) -> Callable[[], bool]:
    def drop() -> bool:
        try:
            # Sessions of other nodes and a daemon of the extension come back until the database is gone.
            _execute(server, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        except psycopg.errors.ObjectInUse:
            return False
        return True

    return drop


def _execute(dsn: str, statement: sql.Composed | sql.SQL) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _dsn(coordinator: str, host: str, port: int) -> str:
    return make_url(coordinator).set(host=host, port=port).render_as_string(hide_password=False)


def _dsn_of(server: str, database: str) -> str:
    return make_url(server).set(database=database).render_as_string(hide_password=False)
