"""Keep the audit: its records in partitions by month, their chains, and the log over them.

The function `audit_add_partitions` makes the partitions, now and later. It belongs to the role that migrates,
so that the role of the server may call it without being allowed to create tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False

_INSERT_ONLY = (
    *("audit_log", "audit_write", "audit_call", "audit_process", "audit_seal", "audit_checkpoint"),
    *("audit_range", "audit_tile", "audit_delivery", "audit_removal", "audit_removal_chain", "audit_removed"),
)

_RECORD = """
  hash bytea NOT NULL,
  kind smallint NOT NULL,
  call_id uuid,
  caller bigint,
  application text,
  credential text,
  peer text,
  on_behalf_of bigint,
  end_user text,
  rpc text NOT NULL,
  register bigint,
  touched bigint[] NOT NULL,
  shown bigint[] NOT NULL,
  bulk text,
  legal_context text,
  ticket text,
  outcome text NOT NULL,
  revision bigint,
  count bigint,
  criteria bytea,
  details text"""

_RECORD_INDEXES = """
CREATE INDEX {table}_call_id ON {table} (call_id);
CREATE INDEX {table}_caller ON {table} (caller, time);
CREATE INDEX {table}_niss ON {table} USING gin ((touched || shown))"""

_TABLES = f"""
CREATE TABLE audit_log (
  log smallint NOT NULL,
  origin text COLLATE "C" NOT NULL,
  begin_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log),
  UNIQUE (origin));
COMMENT ON TABLE audit_log IS 'The logs: the one with the highest number is open';

CREATE TABLE audit_write (
  register_id bigint NOT NULL,
  log smallint NOT NULL,
  chain_index bigint NOT NULL,
  time timestamptz NOT NULL, {_RECORD},
  PRIMARY KEY (register_id, log, chain_index, time)) PARTITION BY RANGE (time);
COMMENT ON TABLE audit_write IS
  'The chains of registers: calls that reached a write transaction of the register';
{_RECORD_INDEXES.format(table="audit_write")};
CREATE INDEX audit_write_register ON audit_write (register_id, time);

CREATE TABLE audit_call (
  chain uuid NOT NULL,
  log smallint NOT NULL,
  chain_index bigint NOT NULL,
  time timestamptz NOT NULL, {_RECORD},
  PRIMARY KEY (chain, log, chain_index, time)) PARTITION BY RANGE (time);
COMMENT ON TABLE audit_call IS 'The chains of processes: reads, refusals and commands';
{_RECORD_INDEXES.format(table="audit_call")};
CREATE INDEX audit_call_register ON audit_call (register, time) WHERE register IS NOT NULL;
CREATE INDEX audit_call_bulk ON audit_call (register, time) WHERE bulk IS NOT NULL;

CREATE TABLE audit_criteria (
  chain uuid NOT NULL,
  log smallint NOT NULL,
  chain_index bigint NOT NULL,
  time timestamptz NOT NULL,
  salt bytea NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (chain, log, chain_index));
COMMENT ON TABLE audit_criteria IS
  'Search criteria of records of audit_call, of which they hold a salted hash; erased by deletion';
CREATE INDEX audit_criteria_time ON audit_criteria (time);

CREATE TABLE audit_process (
  chain uuid NOT NULL,
  log smallint NOT NULL,
  begin_time timestamptz NOT NULL,
  PRIMARY KEY (chain, log));
COMMENT ON TABLE audit_process IS 'The processes that have a chain';

CREATE TABLE audit_seal (
  chain uuid NOT NULL,
  log smallint NOT NULL,
  time timestamptz NOT NULL,
  PRIMARY KEY (chain, log));
COMMENT ON TABLE audit_seal IS
  'The processes whose chain has its last record: nothing is added to it any more';

CREATE TABLE audit_checkpoint (
  log smallint NOT NULL,
  number bigint NOT NULL,
  size bigint NOT NULL,
  note bytea NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, number));
COMMENT ON TABLE audit_checkpoint IS 'Signed checkpoints, with the number of leaves that each covers';

CREATE TABLE audit_range (
  log smallint NOT NULL,
  leaf bigint NOT NULL,
  chain text COLLATE "C" NOT NULL,
  first bigint NOT NULL,
  last bigint NOT NULL,
  checkpoint bigint NOT NULL,
  head bytea NOT NULL,
  sealed boolean NOT NULL,
  PRIMARY KEY (log, leaf));
COMMENT ON TABLE audit_range IS
  'Records first to last of a chain are the leaves from leaf on, since this checkpoint';
CREATE INDEX audit_range_chain ON audit_range (log, chain, first);
CREATE INDEX audit_range_sealed ON audit_range (log, chain) WHERE sealed;

CREATE TABLE audit_tile (
  log smallint NOT NULL,
  level smallint NOT NULL,
  tile bigint NOT NULL,
  start smallint NOT NULL,
  hashes bytea NOT NULL,
  PRIMARY KEY (log, level, tile, start));
COMMENT ON TABLE audit_tile IS
  'Parts of tiles of the Merkle tree: hashes of 32 bytes, from hash number start of the tile on';

CREATE TABLE audit_delivery (
  log smallint NOT NULL,
  destination text COLLATE "C" NOT NULL,
  number bigint NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, destination, number));
COMMENT ON TABLE audit_delivery IS 'The checkpoints that were delivered to places outside the database';

CREATE TABLE audit_removal (
  log smallint NOT NULL,
  first bigint NOT NULL,
  checkpoint bigint NOT NULL,
  time timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (log, first));
COMMENT ON TABLE audit_removal IS 'Removals of months of records';

CREATE TABLE audit_removal_chain (
  log smallint NOT NULL,
  first bigint NOT NULL,
  chain text COLLATE "C" NOT NULL,
  length bigint NOT NULL,
  head bytea NOT NULL,
  PRIMARY KEY (log, first, chain));
COMMENT ON TABLE audit_removal_chain IS 'The open chains at the checkpoint of a removal';

CREATE TABLE audit_removed (
  log smallint NOT NULL,
  chain text COLLATE "C" NOT NULL,
  chain_index bigint NOT NULL,
  hash bytea NOT NULL,
  seal boolean NOT NULL,
  PRIMARY KEY (log, chain, chain_index));
COMMENT ON TABLE audit_removed IS
  'Hashes of records that were removed with their month, and stand behind the first leaf kept'"""

_ADD_PARTITIONS = """
CREATE FUNCTION audit_add_partitions() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER
SET search_path = {schema}, pg_temp AS $function$
DECLARE
  months constant integer := 13;
  begins timestamp;
  parent text;
  partition text;
  ahead integer := 0;
  complete boolean := true;
BEGIN
  PERFORM pg_advisory_xact_lock(491260048130);
  FOR n IN 0..months LOOP
    begins := date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n);
    FOREACH parent IN ARRAY ARRAY['audit_write', 'audit_call'] LOOP
      partition := format('%s_%s', parent, to_char(begins, 'YYYYMM'));
      IF to_regclass(partition) IS NULL THEN
        BEGIN
          -- Attaching it does not keep writers out, as creating it in its place would.
          EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition, parent);
          EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM CURRENT_USER', partition);
          EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition,
                         begins AT TIME ZONE 'UTC', (begins + interval '1 month') AT TIME ZONE 'UTC');
        EXCEPTION WHEN check_violation OR lock_not_available THEN
          -- The default partition has rows of this month, or somebody reads it for long.
          complete := false;
        END;
      END IF;
    END LOOP;
    IF complete THEN
      ahead := n;
    END IF;
  END LOOP;
  RETURN ahead;
END $function$"""


def upgrade() -> None:
    """Create the tables, the function and the partitions, and extend the heads of registers."""
    op.add_column(
        "register_head", sa.Column("audit_length", sa.BigInteger, server_default="0", nullable=False)
    )
    op.add_column("register_head", sa.Column("audit_hash", sa.LargeBinary))
    op.execute(_TABLES)
    schema = op.get_bind().scalar(sa.text("SELECT quote_ident(current_schema())"))
    op.execute(sa.text(_ADD_PARTITIONS.format(schema=schema).replace(":", "\\:")))
    op.execute("REVOKE ALL ON FUNCTION audit_add_partitions() FROM PUBLIC")
    for table in ("audit_write", "audit_call"):
        op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
        op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table}_default FROM CURRENT_USER")
    op.execute("SELECT audit_add_partitions()")
    # The owner of a table may grant itself every right again; a server of another role cannot.
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(_INSERT_ONLY)} FROM CURRENT_USER")
    op.execute("REVOKE UPDATE, TRUNCATE ON audit_criteria FROM CURRENT_USER")
