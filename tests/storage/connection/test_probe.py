"""The probe of the database, on faults of a real PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import make_url

from raas.storage.connection.probe import DatabaseProbe, ProbeLimits
from tests.conftest import new_database

QUICK = ProbeLimits(interval_seconds=0.05, interval_seconds_unavailable=0.05, timeout_seconds=0.3)
PATIENT = replace(QUICK, timeout_seconds=60.0)
"""For tests in which the server answers."""


class Results:
    """The results of a running probe."""

    def __init__(self) -> None:
        self.last: str | None = "not tested yet"
        self._changed = asyncio.Event()

    def __call__(self, reason: str | None) -> None:
        self.last = reason
        self._changed.set()

    async def until(self, success: bool) -> str | None:
        """Wait for a success, or for a failure and its reason."""
        async with asyncio.timeout(60):
            while (self.last is None) is not success:
                self._changed.clear()
                await self._changed.wait()
        return self.last


@asynccontextmanager
async def probing(dsn: str, limits: ProbeLimits = QUICK) -> AsyncIterator[Results]:
    results = Results()
    task = asyncio.create_task(DatabaseProbe(dsn, limits).run(results))
    await results.until(True)
    yield results
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        # Also while the server does not answer.
        await asyncio.wait_for(task, 60)


def backend(dsn: str) -> int:
    """The process of the probe's session: the newest, where one that could not connect still ends."""
    query = """SELECT pid FROM pg_stat_activity WHERE application_name = 'raas probe' AND datname = %s
               ORDER BY backend_start DESC LIMIT 1"""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query, (make_url(dsn).database,)).fetchone()
    assert row is not None
    return int(row[0])


async def test_probe_reports_a_lost_session_and_reconnects(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        async with probing(dsn, PATIENT) as results:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("SELECT pg_terminate_backend(%s::int)", (backend(dsn),))
            assert await results.until(False) == "AdminShutdown 57P01"
            await results.until(True)


async def test_probe_reports_a_server_that_does_not_answer_until_it_does(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        async with probing(dsn) as results:
            frozen = backend(dsn)
            try:
                os.kill(frozen, signal.SIGSTOP)
            except PermissionError:
                pytest.skip("PostgreSQL runs as another user")
            try:
                assert await results.until(False) == "no answer within 0.3 seconds"
            finally:
                os.kill(frozen, signal.SIGCONT)
            await results.until(True)


async def test_probe_that_waits_for_a_frozen_server_can_be_cancelled(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        frozen = 0
        try:
            async with probing(dsn) as results:
                frozen = backend(dsn)
                try:
                    os.kill(frozen, signal.SIGSTOP)
                except PermissionError:
                    frozen = 0
                    pytest.skip("PostgreSQL runs as another user")
                await results.until(False)
        finally:
            if frozen:
                os.kill(frozen, signal.SIGCONT)


async def test_probe_reports_a_server_that_commits_nothing(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn, psycopg.connect(server_dsn, autocommit=True) as connection:
        name = make_url(dsn).database
        async with probing(dsn, PATIENT) as results:
            connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            connection.execute("SELECT pg_terminate_backend(%s::int)", (backend(dsn),))
            await results.until(False)
        assert results.last is not None


async def test_probe_needs_room_for_temporary_files(server_dsn: str) -> None:
    with new_database(server_dsn) as dsn:
        url = make_url(dsn)
        superuser = url.set(username="postgres").render_as_string(hide_password=False)
        try:
            with psycopg.connect(superuser, autocommit=True) as connection:
                connection.execute(f'ALTER DATABASE "{url.database}" SET temp_file_limit = 0')
        except psycopg.Error:
            pytest.skip("only a superuser may limit temporary files")
        results = Results()
        task = asyncio.create_task(DatabaseProbe(dsn, PATIENT).run(results))
        try:
            async with asyncio.timeout(60):
                while results.last == "not tested yet":
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.wait([task])
        assert results.last == "ConfigurationLimitExceeded 53400"


_CANCELLED_PROBE = """
import asyncio, sys
import uvloop
from raas.storage.connection.connect import connect
from raas.storage.connection.probe import DatabaseProbe

async def main():
    probe = DatabaseProbe(sys.argv[1])
    probe._connection = await connect(probe._parameters, autocommit=True)
    running = asyncio.create_task(probe.run(print))
    await asyncio.sleep(0)
    running.cancel()  # The test begins in the turn of the event loop in which its probe ends.
    await asyncio.wait({running})
    while len(asyncio.all_tasks()) > 1:
        await asyncio.sleep(0.01)
    print("ended")

uvloop.run(main())
"""


def test_probe_that_ends_as_its_test_begins_does_not_end_the_process(dsn: str) -> None:
    """Nothing may close a socket that the event loop is about to watch: libuv would abort the process."""
    done = subprocess.run(
        [sys.executable, "-c", _CANCELLED_PROBE, dsn], capture_output=True, text=True, timeout=100
    )
    assert (done.returncode, done.stdout) == (0, "ended\n"), done.stderr
