"""A stand-in for the extension citus on a plain PostgreSQL: its catalogues, and functions that fill them.

The node has all tables itself. `pg_extension` of the schema public hides that of the server.
"""

from __future__ import annotations

import psycopg
from sqlalchemy import make_url

_OPTIONS = "-c search_path=public,pg_catalog -c citus.recover_2pc_interval=1min"

_EXTENSION = """
CREATE TABLE pg_extension (extname name);
CREATE TABLE pg_dist_node (groupid int, isactive bool, shouldhaveshards bool);
CREATE TABLE pg_dist_partition (logicalrelid oid, partmethod "char", repmodel "char", colocationid int);
CREATE TABLE pg_dist_transaction (groupid int, gid text);
CREATE TABLE pg_dist_shard (logicalrelid oid);
CREATE FUNCTION citus_is_coordinator() RETURNS bool LANGUAGE sql AS 'SELECT true';

CREATE FUNCTION create_reference_table(name text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO pg_dist_partition VALUES (name::regclass, 'n', 't', 1) $$;

CREATE FUNCTION create_distributed_table(
  name text, key text, colocate_with text, shard_count int DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF key <> 'register_id' OR NOT EXISTS (
      SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
      WHERE i.indrelid = name::regclass AND i.indisprimary AND a.attname = key) THEN
    RAISE 'cannot create constraint on %', name;
  END IF;
  IF colocate_with <> 'none' THEN
    SELECT count(*) INTO STRICT shard_count FROM pg_dist_shard WHERE logicalrelid = colocate_with::regclass;
    IF shard_count = 0 THEN RAISE 'relation % is not distributed', colocate_with; END IF;
  END IF;
  INSERT INTO pg_dist_partition VALUES (name::regclass, 'h', 's', 2);
  INSERT INTO pg_dist_shard SELECT name::regclass FROM generate_series(1, shard_count);
END $$;

CREATE FUNCTION run_command_on_all_nodes(command text, OUT nodeid int, OUT success bool, OUT result text)
RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
  nodeid = 1; success = true; result = 'DO';
  IF command ~* '^\\s*SELECT' THEN
    EXECUTE command INTO result;
    result = CASE result WHEN 'true' THEN 't' WHEN 'false' THEN 'f' ELSE result END;
  ELSE
    EXECUTE command;
  END IF;
  RETURN NEXT;
END $$;

CREATE FUNCTION run_command_on_workers(
  command text, OUT nodename text, OUT nodeport int, OUT success bool, OUT result text)
RETURNS SETOF record LANGUAGE sql AS $$
  -- A session on a worker has the settings of its role, and none of the coordinator's session.
  SELECT 'localhost', 5432, success, CASE WHEN command LIKE 'SELECT%lock_timeout%' THEN (
    SELECT CASE count(*) WHEN 0 THEN 'f' ELSE 't' END
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole
    WHERE r.rolname = current_user AND s.setconfig::text LIKE '%lock_timeout=2000ms%') ELSE result END
  FROM run_command_on_all_nodes(command) $$;

CREATE FUNCTION citus_coordinator_nodeid() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW citus_lock_waits AS
  SELECT 10000000000 + unnest(pg_blocking_pids(pid)) AS blocking_gpid FROM pg_stat_activity
  WHERE wait_event_type = 'Lock';

INSERT INTO pg_dist_node VALUES (0, true, false), (1, true, true);
"""


def cluster_dsn(dsn: str) -> str:
    """The DSN by which the database looks like that of a coordinator, once the extension is installed."""
    url = make_url(dsn).update_query_dict({"options": _OPTIONS})
    # For libpq a plus is no space.
    return url.render_as_string(hide_password=False).replace("+", "%20")


def install_extension(dsn: str) -> None:
    """Install the stand-in: tables and functions, and then the row that says that the extension is there."""
    with psycopg.connect(dsn) as connection:
        connection.execute(_EXTENSION)
        connection.execute("INSERT INTO public.pg_extension VALUES ('citus')")
