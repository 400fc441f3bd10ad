"""The supervisor: starts the database, keeps it and the workers running, and stops both in order.

With one worker the supervisor itself serves. With several it spawns them (it never forks: gRPC does not
survive that), all on one port, and restarts a worker that dies. A worker inherits the reading end of a
pipe, the lifeline; only the supervisor holds the writing end. However the supervisor dies, the pipe is
closed then and the worker stops. Only the supervisor starts and stops the embedded PostgreSQL.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog
import uvloop

from raas import app
from raas.concurrency.keep_running import keep_running
from raas.concurrency.restart_pauses import RestartPauses
from raas.concurrency.stop_signals import exit_on_stop_signals, stop_signals_call
from raas.maintenance import database as maintenance
from raas.ops.addresses import split_address
from raas.ops.identity_settings import PREFIX
from raas.ops.logs import configure_logs
from raas.ops.settings import Settings
from raas.rpc.calls.fault_trace import fault_trace
from raas.storage.embedded import EmbeddedPostgres, EmbeddedPostgresError, holds_database, running_dsn
from raas.usecases.admin.command_record import Command
from raas.wiring.commands import recorded

log = structlog.get_logger()

_WATCH_SECONDS = 0.5

LIFELINE = "RAAS_LIFELINE"
"""Environment variable that makes a process a worker: the file descriptor of the lifeline."""

_SERVING = "RAAS_SERVING"
"""Environment variable of a worker: the file descriptor on which it writes a byte once it serves."""

_WORKER = "RAAS_WORKER_NUMBER"
_WORKER_DSN = "RAAS_WORKER_DSN"


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit status.

    A process with LIFELINE in its environment is a worker; any other is a supervisor.
    """
    configure_logs(settings.log_format, settings.log_level)
    # After a crash in native code, stderr has the lines of code that each thread was at, without any values.
    faulthandler.enable()
    if lifeline := os.environ.get(LIFELINE):
        worker, dsn = int(os.environ[_WORKER]), os.environ[_WORKER_DSN]
        place = app.WorkerPlace(worker, int(lifeline), int(os.environ[_SERVING]))
        return uvloop.run(app.serve(settings, dsn, place))
    exit_on_stop_signals()
    for address in settings.addresses:
        _refuse_taken_port(address)
    with database(settings) as (dsn, embedded):
        if settings.workers == 1:
            return uvloop.run(_serve_alone(settings, dsn, embedded))
        return _Workers(settings, dsn, embedded).run()


@contextmanager
def database(settings: Settings) -> Iterator[tuple[str, EmbeddedPostgres | None]]:
    """The DSN of the database: that of RAAS_DATABASE_URL, or that of the embedded one, started and migrated.

    A server does not migrate the database of RAAS_DATABASE_URL: StoreFault when its schema is not usable.
    """
    if settings.database_url:
        dsn = settings.database_url.get_secret_value()
        schema = maintenance.require_usable_schema(dsn)
        if not schema.is_needed:
            log.warning("schema of another release", found=schema.current, needed=schema.needed)
        maintenance.require_distributed_tables(dsn)
        maintenance.require_connections(dsn, settings.workers, app.CONNECTIONS)
        yield dsn, None
        return
    needed = settings.workers * app.CONNECTIONS
    embedded = EmbeddedPostgres(settings.data_dir, connections=needed)
    try:
        with stop_signals_call(embedded.cancel_start):
            embedded.start()
        found = maintenance.migrate(embedded.dsn)
        if not (found.is_needed or found.is_newer):
            migration = Command("raas serve", {"migrated": found.needed})
            with recorded(embedded.dsn, settings.audit_log_name, migration):
                pass
        maintenance.require_connections(embedded.dsn, settings.workers, app.CONNECTIONS)
        yield embedded.dsn, embedded
    finally:
        embedded.stop()


@contextmanager
def database_for_command(settings: Settings, *, create: bool = False) -> Iterator[str]:
    """The DSN of the database for a command: the embedded one is started unless a server already runs it.

    An embedded database that does not exist yet is created only with `create`.
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
    if embedded is None:
        return await app.serve(settings, dsn)
    watch = asyncio.create_task(
        keep_running("watch of the embedded PostgreSQL", lambda: _watch(embedded), _report)
    )
    try:
        return await app.serve(settings, dsn)
    finally:
        watch.cancel()


async def _watch(embedded: EmbeddedPostgres) -> None:
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        await asyncio.to_thread(_keep_database_running, embedded)


def _report(task: str, error: Exception, restart_seconds: float) -> None:
    log.error("background task failed", task=task, fault=fault_trace(error), restart_in=restart_seconds)


def _keep_database_running(embedded: EmbeddedPostgres) -> None:
    """Restart the database if it died; a restart that fails is repeated at the next call."""
    try:
        if embedded.ensure_running():
            log.warning("the embedded PostgreSQL had died and runs again")
    except (EmbeddedPostgresError, OSError) as error:
        log.error("the embedded PostgreSQL does not start", cause=str(error))


def _refuse_taken_port(listen: str) -> None:
    """Raise OSError when the port is in use: by a server on this database, or by a stranger.

    Workers share their port, so their own attempt to listen would succeed.
    """
    host, port = split_address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family):
        pass


@dataclass(slots=True)
class _Worker:
    """One worker: its process, None while it waits for its restart, and the pauses before restarts."""

    number: int
    process: subprocess.Popen[bytes] | None = None
    serving: int | None = None
    """The reading end of the pipe on which it says that it serves; None once it has said so."""
    pauses: RestartPauses = field(default_factory=RestartPauses)
    started_at: float = 0.0
    exited_early: bool = False
    """Whether the last death before it served was an exit of its own, not a signal."""
    restart_at: float = 0.0


def settings_environment(settings: Settings) -> dict[str, str]:
    """The environment variables that give a worker the settings of its supervisor, flags included."""
    given = settings.model_dump(mode="json", exclude={"database_url"}, exclude_none=True)
    if settings.database_url is not None:
        # A dump masks it. Without it a worker would take the database for the embedded one.
        given["database_url"] = settings.database_url.get_secret_value()
    return {f"{PREFIX}{name.upper()}": _text(value) for name, value in given.items()}


def _text(value: object) -> str:
    """A setting as an environment variable has it."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


class _Workers:
    """The workers of one supervisor."""

    def __init__(self, settings: Settings, dsn: str, embedded: EmbeddedPostgres | None) -> None:
        self._settings = settings
        self._dsn = dsn
        self._embedded = embedded
        self._stopping = False
        self._workers = [_Worker(number) for number in range(settings.workers)]
        self._lifeline, self._writing_end = os.pipe()

    def run(self) -> int:
        """Keep the workers running until a signal, then stop them; returns the exit status.

        A worker that dies is restarted, while the others serve: at once if it had served, and after a pause
        that doubles with each death if it dies again soon or never served. Only if none of them can start
        at all, because each exits by itself before any has served, the supervisor gives up.
        """
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        for worker in self._workers:
            self._spawn(worker)
        served = False
        while not self._stopping:
            time.sleep(_WATCH_SECONDS)
            if self._embedded:
                _keep_database_running(self._embedded)
            for worker in self._workers:
                if not self._stopping:
                    self._look_after(worker)
            served = served or any(self._has_served(worker) for worker in self._workers)
            if not served and all(worker.exited_early for worker in self._workers):
                log.error("no worker can start")
                self._end()
                return 1
        return self._end()

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _look_after(self, worker: _Worker) -> None:
        """Restart a worker that died, when its pause is over."""
        now = time.monotonic()
        if worker.process is None:
            if now >= worker.restart_at:
                self._spawn(worker)
            return
        status = worker.process.poll()
        if status is None:
            return
        served = self._has_served(worker)
        if not served:
            # A negative status is a signal: something ended the worker that may have been able to start.
            worker.exited_early = status > 0
        pause = worker.pauses.after_death(served=served, lived=now - worker.started_at)
        log.warning(
            "worker died and will be restarted",
            worker=worker.number,
            pid=worker.process.pid,
            status=status,
            restart_in=pause,
        )
        worker.process, worker.restart_at = None, now + pause
        if not pause:
            self._spawn(worker)

    @staticmethod
    def _has_served(worker: _Worker) -> bool:
        """Whether the process of this worker has said that it serves."""
        if worker.serving is not None and select.select([worker.serving], [], [], 0)[0]:
            # The end of the pipe, without a byte, is a worker that died before.
            if not os.read(worker.serving, 1):
                return False
            os.close(worker.serving)
            worker.serving = None
        return worker.process is not None and worker.serving is None

    def _spawn(self, worker: _Worker) -> None:
        environment = os.environ | settings_environment(self._settings)
        if worker.serving is not None:
            os.close(worker.serving)
        worker.serving, writing_end = os.pipe()
        environment |= {
            LIFELINE: str(self._lifeline),
            _SERVING: str(writing_end),
            _WORKER: str(worker.number),
            _WORKER_DSN: self._dsn,
        }
        # In a process group of its own: Ctrl-C reaches only the supervisor, which stops the workers in order.
        worker.process = subprocess.Popen(
            [sys.executable, "-m", "raas.cli", "serve"],
            env=environment,
            pass_fds=[self._lifeline, writing_end],
            process_group=0,
        )
        os.close(writing_end)
        worker.started_at = time.monotonic()

    def _end(self) -> int:
        """Stop all workers; returns 0 when all of them ended in time."""
        processes = [worker.process for worker in self._workers if worker.process is not None]
        for process in processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + self._settings.shutdown_seconds + 5
        clean = True
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.error("worker did not stop in time and is killed", pid=process.pid)
                process.kill()
                process.wait()
                clean = False
        return 0 if clean else 1
