"""The baseline of writing rows: one SQL statement per batch that merges, logs and numbers, without checks.

The database itself computes the new lines of each dossier, a mutation with the lines before and after, and
the next revision, on tables like those of RaaS. There are no checksums, request ids, persons or violations.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date

import psycopg

_TABLES = """
CREATE SCHEMA IF NOT EXISTS merge_baseline;
DROP TABLE IF EXISTS merge_baseline.register_head, merge_baseline.dossier, merge_baseline.mutation;
CREATE TABLE merge_baseline.register_head (LIKE register_head INCLUDING ALL);
CREATE TABLE merge_baseline.dossier (LIKE dossier INCLUDING ALL) WITH (fillfactor = 85);
CREATE TABLE merge_baseline.mutation (LIKE mutation INCLUDING ALL);
INSERT INTO merge_baseline.register_head (register_id, record_time, checksum) VALUES (1, now(), '');
"""

_MERGE = """
WITH owner AS MATERIALIZED (
  SELECT register_id AS id, revision FROM merge_baseline.register_head FOR NO KEY UPDATE),
asked AS (
  SELECT niss, type, range_agg(daterange(begun, ended, '[]')) AS days
  FROM unnest(%s::bigint[], %s::int[], %s::date[], %s::date[]) AS row (niss, type, begun, ended)
  GROUP BY niss, type),
merged AS MATERIALIZED (
  SELECT owner.id, asked.niss, asked.type, coalesce(d.revision, 0) AS previous,
         coalesce(d.periods, '{}') AS before, coalesce(d.periods, '{}') + asked.days AS after,
         owner.revision + row_number() OVER () AS revision
  FROM owner, asked LEFT JOIN merge_baseline.dossier d
    ON d.register_id = (SELECT id FROM owner) AND d.niss = asked.niss AND d.dossier_type_id = asked.type),
logged AS (
  INSERT INTO merge_baseline.mutation (
    register_id, revision, batch_last_revision, previous_revision, kind, niss, dossier_type_id,
    before, after, record_time, actor, call_id, checksum)
  SELECT id, revision, revision, previous, 1, niss, type, before, after, clock_timestamp(), 1,
         '00000000-0000-4000-8000-000000000001', '\\x00' FROM merged),
kept AS (
  INSERT INTO merge_baseline.dossier (register_id, niss, dossier_type_id, periods, revision)
  SELECT id, niss, type, after, revision FROM merged
  ON CONFLICT (register_id, niss, dossier_type_id)
  DO UPDATE SET periods = excluded.periods, revision = excluded.revision)
UPDATE merge_baseline.register_head SET revision = (SELECT max(revision) FROM merged)"""


def merged_per_second(dsn: str, rows: Sequence[tuple[str, str, date, date]], batch: int) -> float:
    """Rows per second, with one transaction per batch."""
    types = {code: index for index, code in enumerate(sorted({row[1] for row in rows}), 1)}
    batches = [
        (
            _array(row[0] for row in part),
            _array(str(types[row[1]]) for row in part),
            _array(row[2].isoformat() for row in part),
            _array(row[3].isoformat() for row in part),
        )
        for part in (rows[start : start + batch] for start in range(0, len(rows), batch))
    ]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLES)
        connection.execute("ANALYZE merge_baseline.dossier")
        began = time.perf_counter()
        for parameters in batches:
            connection.execute(_MERGE, parameters)
        seconds = time.perf_counter() - began
        connection.execute("DROP SCHEMA merge_baseline CASCADE")
    return len(rows) / seconds


def _array(values: object) -> str:
    return "{" + ",".join(values) + "}"  # type: ignore[arg-type]
