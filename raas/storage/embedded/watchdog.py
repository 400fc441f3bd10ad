"""The watchdog: ends PostgreSQL when its supervisor died without a chance to do so.

PostgreSQL is a daemon: a supervisor that is killed, or aborts, leaves it running. So a small process beside
the supervisor holds the reading end of a pipe, whose writing end only the supervisor has. However the
supervisor dies, the pipe is closed then. The watchdog waits a moment for a new supervisor, which adopts
PostgreSQL; when none has taken the lock by then, it ends PostgreSQL in order. It holds the lock itself until
PostgreSQL has ended, so that no new supervisor adopts a PostgreSQL that is about to end.

A signal on the death of the parent (PR_SET_PDEATHSIG) would not do: it is sent when the *thread* dies that
started the process, and pg_ctl, the parent of PostgreSQL, ends at once.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from raas.storage.embedded.place import ENDING

ADOPTION_SECONDS = 3.0
"""The time for a new supervisor to adopt an orphan: service managers restart at once."""

_SHUTDOWN_SECONDS = 30.0
"""For a fast shutdown; then PostgreSQL is stopped at once, and the next start recovers."""

# A program of its own without any import of RaaS: it starts in some milliseconds and needs little memory.
_PROGRAM = """
import fcntl, os, select, signal, sys, time

pid, lock, ending = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
adoption, shutdown = float(sys.argv[4]), float(sys.argv[5])
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)  # meant for the supervisor, in the same session or control group
try:
    # A descriptor of the process: its number may be given to another one later.
    process = os.pidfd_open(pid)
except ProcessLookupError:
    sys.exit()
if os.read(0, 1):
    sys.exit()  # the supervisor ended PostgreSQL itself

def ended(seconds):
    return bool(select.select([process], [], [], seconds)[0])

def take():
    try:
        file = os.open(lock, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None  # the directory was removed: nobody can adopt PostgreSQL
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit()  # a new supervisor
    except OSError:
        pass  # a file system without locks
    return file

deadline = time.monotonic() + adoption
while not ended(0.1):
    file = take()
    if time.monotonic() > deadline:
        try:
            if file is not None:
                os.ftruncate(file, 0)
                os.write(file, ending)
        except OSError:
            pass  # a full disk
        for number, seconds in ((signal.SIGINT, shutdown), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 0.0)):
            signal.pidfd_send_signal(process, number)
            if ended(seconds):
                break
        break
    if file is not None:
        os.close(file)
"""


class Watchdog:
    """The watchdog over one PostgreSQL."""

    def __init__(self, pid: int, lock: Path, adoption_seconds: float = ADOPTION_SECONDS) -> None:
        """Start it over the postmaster `pid`; a supervisor holds `lock` (flock) while it lives."""
        # Its input is the pipe. In a session of its own, Ctrl-C does not reach it.
        self._process = subprocess.Popen(  # noqa: S603 - the program above, without a shell
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                _PROGRAM,
                str(pid),
                str(lock),
                ENDING.decode(),
                str(adoption_seconds),
                str(_SHUTDOWN_SECONDS),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )

    def dismiss(self) -> None:
        """End it without an effect on PostgreSQL."""
        with suppress(BrokenPipeError):
            self._process.communicate(b"x")
