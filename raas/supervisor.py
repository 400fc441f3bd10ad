"""The supervisor: brings the database up, keeps the serving processes alive, and takes both down in order.

With one worker the supervisor serves itself. With more, it spawns them (never forks: gRPC does not
survive that), all listening on one port, and starts one anew that dies. A worker holds the reading end
of a pipe whose other end only the supervisor has: when the supervisor dies, however, the worker sees
the end of the pipe and stops. Only the supervisor touches the embedded PostgreSQL.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from raas import app
from raas import maintenance as upkeep
from raas.ops.logs import configure_logs
from raas.ops.settings import PREFIX, Settings, split_address
from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, holds_database, running_dsn

log = structlog.get_logger()

_WATCH_SECONDS = 0.5
_RESTART_PAUSE_SECONDS = 1.0

LIFELINE = "RAAS_LIFELINE"
"""Environment variable that makes a process a worker: the descriptor of its end of the pipe."""

_WORKER = "RAAS_WORKER_NUMBER"
_WORKER_DSN = "RAAS_WORKER_DSN"


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; answers the exit status.

    A process that finds LIFELINE in its environment serves as a worker; any other is a supervisor.
    """
    configure_logs(settings.log_format, settings.log_level)
    if lifeline := os.environ.get(LIFELINE):
        worker, dsn = int(os.environ[_WORKER]), os.environ[_WORKER_DSN]
        return asyncio.run(app.serve(settings, dsn, worker=worker, lifeline=int(lifeline)))
    _refuse_taken_port(settings.listen)
    with database(settings) as (dsn, embedded):
        if settings.workers == 1:
            return asyncio.run(_serve_alone(settings, dsn, embedded))
        return _Workers(settings, dsn, embedded).run()


@contextmanager
def database(settings: Settings) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The database to work on, migrated: the one of RAAS_DATABASE_URL, or the embedded one, started.

    A server never migrates the database of RAAS_DATABASE_URL: StoreFault when its schema is not usable.
    """
    if settings.database_url:
        dsn = settings.database_url.get_secret_value()
        schema = upkeep.require_usable_schema(dsn)
        if not schema.is_needed:
            log.warning("schema of another release", found=schema.current, needed=schema.needed)
        yield dsn, None
        return
    with EmbeddedPostgres(settings.data_dir) as embedded:
        upkeep.migrate(embedded.dsn)
        yield embedded.dsn, embedded


@contextmanager
def database_for_command(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """The database for a command that works on it: joined if a server runs it, else started for a while.

    An embedded one that does not exist yet is made only where `create` says so.
    """
    if settings.database_url:
        yield settings.database_url.get_secret_value()
    elif dsn := running_dsn(settings.data_dir):
        yield dsn
    elif not create and not holds_database(settings.data_dir):
        raise EmbeddedPostgresError(
            f"There is no database in {settings.data_dir}: name the directory of the server in "
            f"{PREFIX}DATA_DIR, or a database of your own in {PREFIX}DATABASE_URL."
        )
    else:
        with EmbeddedPostgres(settings.data_dir) as embedded:
            yield embedded.dsn


async def _serve_alone(settings: Settings, dsn: str, embedded: EmbeddedPostgres | None) -> int:
    watch = asyncio.create_task(_watch(embedded)) if embedded else None
    try:
        return await app.serve(settings, dsn)
    finally:
        if watch:
            watch.cancel()


async def _watch(embedded: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        await asyncio.to_thread(_keep_running, embedded)


def _keep_running(embedded: EmbeddedPostgres) -> None:
    """Start the database again if it died; what does not succeed now is tried again at the next look."""
    try:
        if embedded.ensure_running():
            log.warning("the embedded PostgreSQL had died and runs again")
    except EmbeddedPostgresError as error:
        log.error("the embedded PostgreSQL does not start", cause=str(error))


def _refuse_taken_port(listen: str) -> None:
    """A server that cannot listen must not touch the database, and workers share a port with no stranger.

    Raises OSError.
    """
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family):
        pass


class _Workers:
    """The serving processes of one supervisor."""

    def __init__(self, settings: Settings, dsn: str, embedded: EmbeddedPostgres | None) -> None:
        self._settings = settings
        self._dsn = dsn
        self._embedded = embedded
        self._stopping = False
        self._reading_end, self._writing_end = os.pipe()

    def run(self) -> int:
        """Keep the workers alive until a signal, then end them within the deadline."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        workers = [self._spawn(number) for number in range(self._settings.workers)]
        born = [time.monotonic()] * len(workers)
        while not self._stopping:
            time.sleep(_WATCH_SECONDS)
            if self._embedded:
                _keep_running(self._embedded)
            for index, worker in enumerate(workers):
                if self._stopping or worker.poll() is None:
                    continue
                if time.monotonic() - born[index] < _RESTART_PAUSE_SECONDS:
                    log.error("worker cannot start", status=worker.returncode)
                    self._end(workers)
                    return 1
                log.warning("worker died and is started anew", pid=worker.pid, status=worker.returncode)
                workers[index], born[index] = self._spawn(index), time.monotonic()
        return self._end(workers)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _spawn(self, number: int) -> subprocess.Popen[bytes]:
        # Flags of the supervisor are settings of the workers; the database reaches them as its DSN.
        given = self._settings.model_dump(mode="json", exclude={"database_url"}, exclude_none=True)
        environment = os.environ | {f"{PREFIX}{name.upper()}": str(value) for name, value in given.items()}
        environment |= {
            LIFELINE: str(self._reading_end),
            _WORKER: str(number),
            _WORKER_DSN: self._dsn,
        }
        # A group of its own: Ctrl-C reaches the supervisor alone, which ends the workers in order.
        return subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "serve"],
            env=environment,
            pass_fds=[self._reading_end],
            process_group=0,
        )

    def _end(self, workers: list[subprocess.Popen[bytes]]) -> int:
        for worker in workers:
            if worker.poll() is None:
                worker.terminate()
        deadline = time.monotonic() + self._settings.shutdown_seconds + 5
        clean = True
        for worker in workers:
            try:
                worker.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("worker did not end in time and is killed", pid=worker.pid)
                worker.kill()
                worker.wait()
                clean = False
        return 0 if clean else 1
