"""The copy of a mirror in a file of SQLite, which survives restarts."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from raas.v1.dossier_pb2 import Dossier
from raas.v1.mutation_pb2 import Mutation
from raas_client.checkpoints.checkpoint import Checkpoint
from raas_client.days import Line, line_of
from raas_client.errors import MirrorFileFailed, MirrorInUse, MirrorStopped
from raas_client.mirror.store import MirroredDossier, Place, changed, copied

_FORMAT = 2
"""Format 1 had no `confirmed_at`."""

_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TABLES = {"mirror", "dossier", "incoming"}
_DOSSIERS = """
CREATE TABLE {} (
  niss TEXT NOT NULL, dossier_type TEXT NOT NULL, lines TEXT NOT NULL, revision INTEGER NOT NULL,
  PRIMARY KEY (niss, dossier_type)
) WITHOUT ROWID"""
_MIRROR = """
CREATE TABLE mirror (
  dossier_types TEXT NOT NULL, writes INTEGER NOT NULL,
  log_id TEXT, revision INTEGER, checksum BLOB, confirmed_at TEXT,
  incoming_log_id TEXT, incoming_revision INTEGER, incoming_token TEXT
)"""
_PUT = "INSERT OR REPLACE INTO {} (niss, dossier_type, lines, revision) VALUES (?, ?, ?, ?)"


class SqliteMirrorStore:
    """A copy in one file, used by one mirror. Every write is a transaction that includes the place.

    While the file is open, a lock is held on a second file beside it, whose name ends in `-lock`. Raises
    MirrorInUse, MirrorFileFailed; MirrorStopped once it is closed; ValueError for a file that is not a
    mirror.
    """

    def __init__(self, path: str | Path) -> None:
        self.place: Place | None = None
        self.incoming: Checkpoint | None = None
        # Links to one file are one file.
        self._path = Path(path).resolve()
        self._writes = 0
        """The number of transactions: a different number in the file means another writer."""
        self._lock: sqlite3.Connection | None = None
        self._writing = threading.Lock()
        self._reading = threading.Lock()
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None

    async def open(self, dossier_types: Iterable[str]) -> None:
        """Lock and open the file, or create it."""
        await asyncio.to_thread(self._open, json.dumps(sorted(dossier_types)))

    async def close(self) -> None:
        """Close the file, after a write in progress."""
        await asyncio.to_thread(self._close)

    async def begin_snapshot(self) -> None:
        """Forget an incomplete snapshot."""
        await asyncio.to_thread(self._write, [], [], self.place, None, "DELETE FROM incoming")

    async def add(self, dossiers: Iterable[Dossier], checkpoint: Checkpoint) -> None:
        """A further part of the snapshot."""
        parts = [copied(dossier) for dossier in dossiers]
        await asyncio.to_thread(self._write, [], parts, self.place, checkpoint)

    async def complete(self, place: Place) -> None:
        """Replace the copy by the snapshot."""
        swap = (
            "DROP TABLE dossier",
            "ALTER TABLE incoming RENAME TO dossier",
            _DOSSIERS.format("incoming"),
        )
        await asyncio.to_thread(self._write, [], [], place, None, *swap)

    async def apply(self, mutations: Iterable[Mutation], place: Place) -> None:
        """Apply mutations to the copy."""
        await asyncio.to_thread(self._write, list(changed(mutations)), [], place, self.incoming)

    def of(self, niss: str) -> Mapping[str, MirroredDossier]:
        """The dossiers of a person."""
        query = "SELECT niss, dossier_type, lines, revision FROM dossier WHERE niss = ? ORDER BY dossier_type"
        with self._reading, self._failing():
            rows = _opened(self._reader).execute(query, (niss,)).fetchall()
        return {row[1]: _read(row) for row in rows}

    def all(self) -> Iterator[MirroredDossier]:
        """All dossiers as of one revision."""
        # On a connection of its own one statement sees one state, whatever is written meanwhile.
        with self._failing(), closing(self._connect()) as connection:
            _opened(self._reader)
            query = "SELECT niss, dossier_type, lines, revision FROM dossier ORDER BY niss, dossier_type"
            for row in connection.execute(query):
                yield _read(row)

    def _connect(self) -> sqlite3.Connection:
        # Threads take turns (_writing, _reading); transactions are begun and ended here.
        return sqlite3.connect(self._path, check_same_thread=False, isolation_level=None, timeout=30)

    def _open(self, dossier_types: str) -> None:
        try:
            self._take_lock()
            with self._failing():
                self._open_file(dossier_types)
        except BaseException:
            self._close()
            raise

    def _take_lock(self) -> None:
        """Hold the lock until the file is closed; it ends with the process, however that ends."""
        with self._failing():
            lock = sqlite3.connect(
                f"{self._path}-lock", check_same_thread=False, isolation_level=None, timeout=0
            )
        self._lock = lock
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                raise MirrorInUse(self._path) from None
            raise MirrorFileFailed(f"{self._path}-lock: {error}") from error

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            # The last eight bits say the kind of error, the others more about it.
            damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGES
            raise MirrorFileFailed(f"{self._path}: {error}", damaged=damaged) from error

    def _open_file(self, dossier_types: str) -> None:
        self._writer = self._connect()
        form = self._form(self._writer)
        # A power cut may undo the last transactions, but always together with their place.
        self._writer.execute("PRAGMA journal_mode = WAL")
        self._writer.execute("PRAGMA synchronous = NORMAL")
        with _transaction(self._writer) as cursor:
            if form == 0:
                cursor.execute(_MIRROR)
                cursor.execute(_DOSSIERS.format("dossier"))
                cursor.execute(_DOSSIERS.format("incoming"))
                cursor.execute("INSERT INTO mirror (dossier_types, writes) VALUES (?, 0)", (dossier_types,))
            elif form == 1:
                cursor.execute("ALTER TABLE mirror ADD COLUMN confirmed_at TEXT")
            cursor.execute(f"PRAGMA user_version = {_FORMAT}")
            (kept,) = cursor.execute("SELECT dossier_types FROM mirror").fetchone()
            if kept != dossier_types:
                cursor.execute("DELETE FROM dossier")
                cursor.execute("DELETE FROM incoming")
                cursor.execute(
                    "UPDATE mirror SET dossier_types = ?, log_id = NULL, incoming_log_id = NULL",
                    (dossier_types,),
                )
            row = cursor.execute(
                "SELECT writes, log_id, revision, checksum, confirmed_at, incoming_log_id, incoming_revision,"
                " incoming_token FROM mirror"
            ).fetchone()
        self._writes = row[0]
        confirmed_at = None if row[4] is None else datetime.fromisoformat(row[4])
        self.place = None if row[1] is None else Place(Checkpoint(row[1], row[2]), row[3], confirmed_at)
        self.incoming = None if row[5] is None else Checkpoint(row[5], row[6], row[7])
        self._reader = self._connect()

    def _form(self, connection: sqlite3.Connection) -> int:
        """The format of the file; 0 = it is empty. Raises ValueError, and leaves the file as it is."""
        try:
            (form,) = connection.execute("PRAGMA user_version").fetchone()
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_NOTADB:
                raise
            form, tables = -1, set()
        if (form, tables) == (0, set()):
            return 0
        if not 1 <= form <= _FORMAT or not tables >= _TABLES:
            raise ValueError(f"{self._path} is not a mirror, or is one of another version: delete it")
        return int(form)

    def _close(self) -> None:
        with self._writing, self._reading:
            for connection in (self._reader, self._writer, self._lock):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = self._lock = None

    def _write(
        self,
        dossiers: Iterable[MirroredDossier],
        parts: Iterable[MirroredDossier],
        place: Place | None,
        incoming: Checkpoint | None,
        *statements: str,
    ) -> None:
        with self._writing:
            with self._failing(), _transaction(_opened(self._writer)) as cursor:
                for statement in statements:
                    cursor.execute(statement)
                for dossier in dossiers:
                    if dossier.lines:
                        cursor.execute(_PUT.format("dossier"), _row(dossier))
                    else:
                        key = (dossier.niss, dossier.dossier_type)
                        cursor.execute("DELETE FROM dossier WHERE niss = ? AND dossier_type = ?", key)
                cursor.executemany(_PUT.format("incoming"), map(_row, parts))
                checkpoint, checksum, confirmed_at = place or (None, None, None)
                cursor.execute(
                    "UPDATE mirror SET writes = writes + 1, log_id = ?, revision = ?, checksum = ?,"
                    " confirmed_at = ?, incoming_log_id = ?, incoming_revision = ?, incoming_token = ?"
                    " WHERE writes = ?",
                    (
                        checkpoint and checkpoint.log_id,
                        checkpoint and checkpoint.revision,
                        checksum,
                        confirmed_at and confirmed_at.isoformat(),
                        incoming and incoming.log_id,
                        incoming and incoming.revision,
                        incoming and incoming.resume_token,
                        self._writes,
                    ),
                )
                if cursor.rowcount != 1:
                    raise MirrorInUse(self._path)
            self._writes += 1
            self.place, self.incoming = place, incoming


def _opened(connection: sqlite3.Connection | None) -> sqlite3.Connection:
    if connection is None:
        raise MirrorStopped("the mirror was closed")
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Cursor]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection.cursor()
        connection.execute("COMMIT")
    except BaseException:
        # After some errors, such as a full disk, SQLite has rolled back already.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _row(dossier: MirroredDossier) -> tuple[str, str, str, int]:
    lines = " ".join(f"{begin.isoformat()}/{end.isoformat() if end else ''}" for begin, end in dossier.lines)
    return dossier.niss, dossier.dossier_type, lines, dossier.revision


def _read(row: tuple[str, str, str, int]) -> MirroredDossier:
    niss, dossier_type, lines, revision = row
    return MirroredDossier(niss, dossier_type, tuple(map(_line, lines.split(" "))), revision)


def _line(text: str) -> Line:
    begin, _, end = text.partition("/")
    return line_of(begin, end)
