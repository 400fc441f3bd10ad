"""Indexes for finding audit records about many persons, and the checkpoint of an instant.

An expansion: a server of the release before maintains indexes like any other, and does not use these.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

release = "0.2"
expansion = True

# Numbers only: a text of a filter has its quotation marks escaped, and so never reads like a field.
_FIRST = """substring(bulk FROM '"first_revision":([0-9]+)')"""
_LAST = """substring(bulk FROM '"last_revision":([0-9]+)')"""
_SIDE = f"(register * 2 + CASE WHEN {_FIRST} IS NULL THEN 1 ELSE 0 END)::float8"

_FUNCTION = f"""
CREATE FUNCTION audit_extent(register bigint, bulk text, revision bigint) RETURNS box
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
SELECT box(point({_SIDE}, coalesce({_FIRST}, {_LAST}, revision::text)::float8),
           point({_SIDE}, coalesce({_LAST}, revision::text)::float8)) $$"""


def upgrade() -> None:
    """Create the function and the indexes."""
    op.execute(_FUNCTION)
    op.execute(
        "CREATE INDEX audit_call_extent ON audit_call USING gist (audit_extent(register, bulk, revision)) "
        "WHERE bulk IS NOT NULL"
    )
    op.create_index("audit_checkpoint_time", "audit_checkpoint", ["log", "time"])
