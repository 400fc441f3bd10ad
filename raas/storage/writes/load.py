"""Locking a register and loading its state for a write transaction, in one pipeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from raas.domain.numbers.enterprise_number import EnterpriseNumber
from raas.domain.numbers.niss import Niss
from raas.domain.persons.status import PersonState, PersonStatus
from raas.domain.registers.shares import Share, Shares
from raas.storage.audit.chains import chain_of_register
from raas.storage.audit.log import AuditLog
from raas.storage.connection.delivery import COMMITS, PREPARED_BY_NODE, Commit, is_delivered
from raas.storage.connection.lease import Connection
from raas.storage.rows.arrays import array, pairs
from raas.storage.rows.changed_numbers import CHANGED_NUMBERS
from raas.storage.rows.ranges import lines_of
from raas.usecases.ports.errors import StoreUnavailable
from raas.usecases.ports.write_store import (
    AnsweredRequest,
    DossierKey,
    DossierState,
    LoadedState,
    LoadRequest,
)

Cursor = psycopg.AsyncCursor[tuple[Any, ...]]

PERSONS_LOCK = 0x5261_6153
"""Advisory lock: shared by every write, exclusive for transactions that change the status of persons."""

ADDITIONS_LOCK = PERSONS_LOCK + 1
"""Advisory lock: shared by transactions that add persons, from before they read the clock to their end."""

_HEAD = """
  (SELECT enterprise_number FROM register WHERE id = %(register)s), log_id, revision, checksum,
  audit_length, audit_hash, types_revision"""

# First the lock on persons, then that on the head of the register. The clock is read outside the CTE: after
# the lock was granted, so that the instants of recording follow the order of the revisions. Loading stays a
# statement of its own for the same reason: its snapshot must begin after the lock is granted.
_LOCK_REGISTER = f"""
-- not on distributed tables
WITH persons AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared({PERSONS_LOCK})),
locked AS MATERIALIZED (
  SELECT register_id, log_id, revision, checksum, audit_length, audit_hash, types_revision, record_time
  FROM persons, register_head WHERE register_id = %(register)s FOR NO KEY UPDATE OF register_head)
SELECT {_HEAD}, record_time, clock_timestamp() FROM locked"""

# On a cluster a statement that names a register runs on the node of the register. The coordinator keeps the
# lock on persons and the clock for all registers: both are statements of their own.
_LOCK_PERSONS = f"SELECT pg_advisory_xact_lock_shared({PERSONS_LOCK})"
LOCK_HEAD = f"""
SELECT {_HEAD}, record_time FROM register_head WHERE register_id = %(register)s FOR NO KEY UPDATE"""
READ_CLOCK = "SELECT clock_timestamp()"

_READ_REGISTER = f"""
SELECT {_HEAD}, record_time, clock_timestamp() FROM register_head WHERE register_id = %(register)s"""

# Everything is looked up by itself (LATERAL, OFFSET 0): no plan, be it one made while a table was empty,
# can turn this into reading a whole register, or all persons, for a single call.
_OF_WANTED = """FROM {table}
  WHERE register_id = %s AND niss = {niss} AND dossier_type_id = wanted.dossier_type_id OFFSET 0"""

_WANTED = "unnest(%s::bigint[], %s::int[]) AS wanted (niss, dossier_type_id)"

_FINAL = """
LEFT JOIN LATERAL (SELECT successor FROM person WHERE niss = wanted.niss OFFSET 0) p ON true"""

_LOAD_DOSSIERS = f"""
SELECT d.* FROM {_WANTED}
CROSS JOIN LATERAL (
  SELECT niss, dossier_type_id, periods::text, revision
  {_OF_WANTED.format(table="dossier", niss="wanted.niss")}) d"""

# If the store is the authentic source, loading follows replaced numbers.
_LOAD_FINAL_DOSSIERS = f"""
SELECT d.* FROM {_WANTED} {_FINAL}
CROSS JOIN LATERAL (
  SELECT niss, dossier_type_id, periods::text, revision
  {_OF_WANTED.format(table="dossier", niss="coalesce(p.successor, wanted.niss)")}) d"""

_LOAD_SHARES = f"""
SELECT s.* FROM {_WANTED} {_FINAL}
CROSS JOIN LATERAL (
  SELECT niss, dossier_type_id, origin, periods::text, inseparable::text
  {_OF_WANTED.format(table="dossier_share", niss="coalesce(p.successor, wanted.niss)")}) s"""

# On a cluster they are read on the node of the register, as its dossiers are.
_LOAD_PERSONS = """
SELECT p.niss, p.status, p.successor, s.status,
       coalesce(s.birth_first, p.birth_first) - date '0001-01-01' + 1,
       coalesce(s.death_date, p.death_date) IS NOT NULL
FROM register_head h CROSS JOIN unnest(%s::bigint[]) AS wanted (niss)
CROSS JOIN LATERAL (SELECT * FROM person WHERE niss = wanted.niss OFFSET 0) p
LEFT JOIN LATERAL (SELECT * FROM person WHERE niss = p.successor OFFSET 0) s ON true
WHERE h.register_id = %s"""

_LOAD_REQUESTS = """
SELECT r.* FROM unnest(%s::text[], %s::text[]) AS wanted (caller, request_id)
CROSS JOIN LATERAL (
  SELECT caller, request_id, body_hash, answer FROM request
  WHERE register_id = %s AND caller = wanted.caller AND request_id = wanted.request_id OFFSET 0) r"""

_LOAD_IMPORTS = """
SELECT i.* FROM unnest(%s::text[], %s::text[]) AS wanted (caller, import_id)
CROSS JOIN LATERAL (
  SELECT caller, import_id, through_offset FROM import_progress
  WHERE register_id = %s AND caller = wanted.caller AND import_id = wanted.import_id OFFSET 0) i"""


# Reads the index of a register's dossiers, at worst all of it: only a change of a partner asks.
_LOAD_TYPES_IN_USE = """
SELECT t.id FROM unnest(%s::int[]) AS t (id)
WHERE EXISTS (SELECT FROM dossier WHERE register_id = %s AND dossier_type_id = t.id)"""


async def load(
    connection: Connection, register_id: int, wanted: LoadRequest, log: AuditLog | None = None, *, lock: bool
) -> LoadedState:
    """The state that the transaction needs; `log` is the open log of the audit, None = no records are kept.

    On a cluster the node of the register may not have carried out a committed change of numbers yet, see
    connection/delivery.py: the state is loaded again if it has, and StoreUnavailable is raised if it has not.
    Raises LookupError when the register does not exist.
    """
    delivered: set[Commit] = set()
    while True:
        loaded, commits, changed = await _load(connection, register_id, wanted, log, lock=lock)
        if delivered.issuperset(commits):
            return loaded
        if not changed and not await _is_doubtful(connection, wanted, loaded):
            return loaded
        prepared = await connection.execute(PREPARED_BY_NODE)
        if not is_delivered(commits, await prepared.fetchall()):
            raise StoreUnavailable("a node of the cluster has not ended a prepared transaction")
        delivered.update(commits)


async def _is_doubtful(connection: Connection, wanted: LoadRequest, loaded: LoadedState) -> bool:
    """Whether a commit that the node has not carried out may concern numbers that have never changed."""
    nisses = {niss for niss, _ in wanted.dossiers}
    if not nisses <= loaded.persons.keys():
        return True
    successors = loaded.persons.keys() - nisses
    if not successors:
        return False
    changed = await connection.execute(CHANGED_NUMBERS, {"nisses": array(successors)})
    return await changed.fetchone() is not None


async def _load(
    connection: Connection, register_id: int, wanted: LoadRequest, log: AuditLog | None, *, lock: bool
) -> tuple[LoadedState, Sequence[Commit], bool]:
    """The state; the commits that nodes of a cluster may not have carried out when it was read.

    And whether the coordinator knows one of the numbers of the request as one that has changed.
    """
    keys = tuple(wanted.dossiers)
    columns = (array(k[0] for k in keys), array(k[1] for k in keys), register_id)
    persons = shares = requests = imports = in_use = commits = changed = None
    async with connection.pipeline():
        register, clock = await (_lock if lock else _read)(connection, register_id)
        if wanted.persons:
            nisses = array({k[0] for k in keys})
            persons = await connection.execute(_LOAD_PERSONS, (nisses, register_id))
            shares = await connection.execute(_LOAD_SHARES, columns)
            dossiers = await connection.execute(_LOAD_FINAL_DOSSIERS, columns)
            if connection.distributed:
                commits = await connection.execute(COMMITS)
                changed = await connection.execute(CHANGED_NUMBERS, {"nisses": nisses})
        else:
            dossiers = await connection.execute(_LOAD_DOSSIERS, columns)
        if wanted.requests:
            requests = await connection.execute(_LOAD_REQUESTS, (*pairs(wanted.requests), register_id))
        if wanted.imports:
            imports = await connection.execute(_LOAD_IMPORTS, (*pairs(wanted.imports), register_id))
        if wanted.types_in_use:
            in_use = await connection.execute(_LOAD_TYPES_IN_USE, (array(wanted.types_in_use), register_id))
    row = await register.fetchone()
    if row is None:
        raise LookupError("the head of the register is gone")
    number, log_id, revision, checksum, audit_length, audit_hash, types_revision, record_time, *now = row
    if clock is not None:
        (*now,) = await clock.fetchone() or ()
    state = LoadedState(
        EnterpriseNumber(number),
        log_id,
        revision,
        checksum,
        types_revision,
        max(record_time, *now),
        dossier_states(await dossiers.fetchall()),
        dossier_shares(await shares.fetchall() if shares else ()),
        _person_states(await persons.fetchall() if persons else ()),
        {
            (caller, request_id): AnsweredRequest(fingerprint, answer)
            for caller, request_id, fingerprint, answer in (await requests.fetchall() if requests else ())
        },
        {
            (caller, import_id): offset
            for caller, import_id, offset in (await imports.fetchall() if imports else ())
        },
        frozenset(id_ for (id_,) in (await in_use.fetchall() if in_use else ())),
        chain_of_register(log, EnterpriseNumber(number), audit_length, audit_hash),
    )
    has_changed = changed is not None and await changed.fetchone() is not None
    return state, await commits.fetchall() if commits else (), has_changed


async def _lock(connection: Connection, register_id: int) -> tuple[Cursor, Cursor | None]:
    """The head of the register with the clock as its last column, or both, read after the lock is granted."""
    register = {"register": register_id}
    if not connection.distributed:
        return await connection.execute(_LOCK_REGISTER, register), None
    await connection.execute(_LOCK_PERSONS)
    head = await connection.execute(LOCK_HEAD, register)
    return head, await connection.execute(READ_CLOCK)


async def _read(connection: Connection, register_id: int) -> tuple[Cursor, Cursor | None]:
    return await connection.execute(_READ_REGISTER, {"register": register_id}), None


def dossier_states(rows: Sequence[tuple[Any, ...]]) -> Mapping[DossierKey, DossierState]:
    """Dossiers from rows (niss, dossier type id, text of the lines, revision)."""
    return {(niss, type_id): DossierState(lines_of(text), last) for niss, type_id, text, last in rows}


def dossier_shares(rows: Sequence[tuple[Any, ...]]) -> Mapping[DossierKey, Shares]:
    """Shares from rows (niss, dossier type id, origin, text of the lines, text of the inseparable days)."""
    shares: dict[DossierKey, dict[Niss, Share]] = {}
    for niss, type_id, origin, lines, inseparable in rows:
        shares.setdefault((niss, type_id), {})[origin] = Share(lines_of(lines), lines_of(inseparable))
    return shares


def _person_states(rows: Sequence[tuple[Any, ...]]) -> Mapping[Niss, PersonState]:
    """The numbers asked, and the final successors of the replaced ones."""
    states: dict[Niss, PersonState] = {}
    for niss, status, successor, successor_status, born, deceased in rows:
        states[niss] = PersonState(PersonStatus(status), successor, born, deceased)
        if successor is not None and successor not in states:
            states[successor] = PersonState(PersonStatus(successor_status), None, born, deceased)
    return states
