"""ListAuditRecords over many records, through a running server.

    python -m benchmarks.audit_queries [--records N]

The records are made by SQL, over the months ahead, for which there are partitions: 70 of 100 are reads that
name a person, 28 writes, and 2 answers about many persons. A million persons are named equally often. The
figures are the median and the 95th percentile of whole calls for a page of 100, one after the other. Ten
million records take 7 GB of disk, and as much for a while for the log of PostgreSQL.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from random import Random
from statistics import quantiles
from typing import Any

import grpc
import psycopg

from benchmarks.figures import Figure, table
from benchmarks.servers import Servers, new_register
from raas.v1.administration_service_pb2 import ListAuditRecordsRequest
from raas.v1.administration_service_pb2_grpc import AdministrationServiceStub
from raas.v1.inscription_pb2 import Inscription
from raas.v1.period_pb2 import Period
from raas.v1.register_service_pb2 import ApplyBatchRequest, BatchOperation
from raas.v1.register_service_pb2_grpc import RegisterServiceStub

RECORDS, PERSONS, REGISTERS, QUESTIONS = 10_000_000, 1_000_000, 20, 200
_CHUNK = 250_000
_REVISIONS = 100_000
"""The revisions of each register in the made answers; the real ones are among the first of them."""

_NUMBER = """
CREATE FUNCTION pg_temp.niss(n bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
SELECT nine * 100 + 97 - nine % 97 FROM (SELECT
  (50 + n % 50) * 10000000 + (61 + n / 50 % 12) * 100000 + (1 + n / 600 % 28) * 1000
  + 1 + n / 16800 AS nine) d
$$"""

_SHARED = """
  date_trunc('month', now()) + interval '360 days' * (n / %(records)s::float8), sha256(n::text::bytea), 1,
  gen_random_uuid(), 206731645 + n %% 500, 'portal',
  'certificate:' || repeat('ab', 32), 'ipv4:10.0.0.7:40112'"""
_PERSON = "ARRAY[pg_temp.niss(n * 7919 %% %(persons)s)]"
_NAMED = f"{_PERSON}, {_PERSON}"
_COLUMNS = "time, hash, kind, call_id, caller, application, credential, peer"

_READS = f"""
INSERT INTO audit_call (chain, log, chain_index, {_COLUMNS}, rpc, register, touched, shown, outcome, ticket)
SELECT '00000000-0000-4000-8000-000000000000', 1, n, {_SHARED}, '/raas.v1.RegisterService/Consult',
  r.number, {_NAMED}, 'OK', 'T'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n JOIN numbered r ON r.place = n %% %(registers)s
WHERE n %% 100 < 70"""

_WRITES = f"""
INSERT INTO audit_write
  (register_id, log, chain_index, {_COLUMNS}, rpc, register, touched, shown, outcome, revision)
SELECT r.id, 1, n, {_SHARED}, '/raas.v1.RegisterService/Inscribe', r.number,
  {_NAMED}, 'OK', n
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n JOIN numbered r ON r.place = n %% %(registers)s
WHERE n %% 100 BETWEEN 70 AND 97"""

_BULK = f"""
INSERT INTO audit_call (chain, log, chain_index, {_COLUMNS}, rpc, register, touched, shown, outcome, bulk)
SELECT '00000000-0000-4000-8000-000000000000', 1, n, {_SHARED}, '/raas.v1.MutationStream/Subscribe',
  r.number, '{{}}', '{{}}', 'OK',
  format('{{"count":0,"filter":{{}},"first_revision":%%s,"last_revision":%%s}}',
         CASE WHEN n %% 100 = 98 THEN f::text ELSE 'null' END, f + CASE WHEN n %% 100 = 98 THEN 50 ELSE 0 END)
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
JOIN numbered r ON r.place = n / 100 %% %(registers)s
CROSS JOIN LATERAL (SELECT n * 31 %% {_REVISIONS} AS f) made
WHERE n %% 100 >= 98"""

_REGISTERS = """
CREATE TEMPORARY TABLE numbered AS
SELECT row_number() OVER (ORDER BY id) - 1 AS place, id, enterprise_number AS number FROM register"""


def fill(dsn: str, records: int) -> None:
    """Add so many records."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(_REGISTERS)
        connection.execute(_NUMBER)
        for first in range(1, records + 1, _CHUNK):
            last = min(first + _CHUNK - 1, records)
            given = {"first": first, "last": last, "records": records, "persons": PERSONS}
            for statement in (_READS, _WRITES, _BULK):
                connection.execute(statement, {**given, "registers": REGISTERS})
        connection.execute("VACUUM ANALYZE audit_call, audit_write")


def sizes(dsn: str) -> Mapping[str, float]:
    """The bytes per record of tables and of their indexes."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT i.inhparent::regclass::text, sum(pg_relation_size(i.inhrelid)), "
            "sum(pg_indexes_size(i.inhrelid)), sum(c.reltuples) FROM pg_inherits i "
            "JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent IN ('audit_call'::regclass, 'audit_write'::regclass) GROUP BY 1"
        ).fetchall()
    found = {}
    for name, rows_bytes, index_bytes, count in rows:
        found[f"{name}, rows"] = float(rows_bytes) / float(count)
        found[f"{name}, indexes"] = float(index_bytes) / float(count)
    return found


def audit_queries(servers: Servers, records: int = RECORDS) -> list[Figure]:
    """The figures of questions by person, by register and by caller, and the size of a record."""
    target = servers.raas()
    registers = [new_register(target) for _ in range(REGISTERS)]
    with grpc.insecure_channel(target) as channel:
        named = _inscribed(channel, registers)
        dsn = servers.dsn()
        fill(dsn, records)
        chance, stub = Random(7), AdministrationServiceStub(channel)
        metadata = (("raas-enterprise-number", registers[0]),)

        def ask(**fields: Any) -> None:
            request = ListAuditRecordsRequest(page_size=100, **fields)
            stub.ListAuditRecords(request, metadata=metadata)

        questions: dict[str, Callable[[], None]] = {
            "by a person in no register": lambda: ask(niss=_niss(chance.randrange(PERSONS))),
            "by a person in three registers": lambda: ask(niss=chance.choice(named)),
            "by register": lambda: ask(register=chance.choice(registers)),
            "by caller": lambda: ask(caller=_organisation(chance)),
        }
        million = f"{records / 1_000_000:g} million"
        figures = []
        for name, question in questions.items():
            median, p95 = _percentiles(question)
            figures += [
                Figure(f"audit records {name}, {million}", median, "ms median"),
                Figure(f"audit records {name}, {million}", p95, "ms p95", aim="milliseconds"),
            ]
    return figures + [Figure(name, value, "bytes per record") for name, value in sizes(dsn).items()]


def _inscribed(channel: grpc.Channel, registers: list[str]) -> list[str]:
    """Persons in three registers each, whose dossiers changed three times."""
    named = [_niss(place) for place in range(20)]
    stub = RegisterServiceStub(channel)
    for register in registers[:3]:
        for begin in ("2024-01-01", "2024-03-01", "2024-05-01"):
            operations = [
                BatchOperation(
                    inscribe=Inscription(
                        niss=niss, dossier_type="PENSION", period=Period(begin=begin, end=f"{begin[:7]}-20")
                    )
                )
                for niss in named
            ]
            stub.ApplyBatch(
                ApplyBatchRequest(operations=operations), metadata=(("raas-enterprise-number", register),)
            )
    return named


def _niss(place: int) -> str:
    nine = (
        (50 + place % 50) * 10_000_000
        + (61 + place // 50 % 12) * 100_000
        + (1 + place // 600 % 28) * 1_000
        + 1
        + place // 16_800
    )
    return f"{nine:09}{97 - nine % 97:02}"


def _organisation(chance: Random) -> str:
    """The number of one of the made callers that is well formed: its check digits happen to be right."""
    while True:
        number = 206_731_645 + chance.randrange(500)
        if number % 100 == 97 - number // 100 % 97:
            return f"{number:010}"


def _percentiles(question: Callable[[], None]) -> tuple[float, float]:
    """The median and the 95th percentile of the time of a call, in milliseconds."""
    for _ in range(QUESTIONS // 10):
        question()
    times = []
    for _ in range(QUESTIONS):
        began = time.perf_counter()
        question()
        times.append((time.perf_counter() - began) * 1_000)
    found = quantiles(times, n=20)
    return found[9], found[-1]


def main() -> None:
    """Measure, and write a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--records", type=int, default=RECORDS)
    arguments = parser.parse_args()
    with Servers() as servers:
        print(table(audit_queries(servers, arguments.records)))


if __name__ == "__main__":
    main()
