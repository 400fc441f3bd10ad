"""Signatures of given names in the search index; the search keys of all persons are computed again.

There is no downgrade: the code before would not find the rows.
"""

import sqlalchemy as sa
from alembic import op

from raas.domain.names.given_name_signature import given_signature
from raas.domain.names.phonetics import search_keys

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

release = "0.1"
expansion = False

_AT_ONCE = 5_000

_NEXT = sa.text("""
SELECT niss, last_name, first_names FROM person
WHERE niss > :after AND birth_code <> 0 ORDER BY niss LIMIT :at_once""")

_KEEP = sa.text("""
UPDATE person SET search_keys = :search_keys, given_signature = :given_signature WHERE niss = :niss""")

_WRITE_KEYS = sa.text("""
INSERT INTO person_key (key, birth_code, niss, given_signature)
SELECT k.key, p.birth_code, p.niss, p.given_signature
FROM person p CROSS JOIN unnest(p.search_keys) AS k (key) WHERE p.birth_code <> 0
ORDER BY 1, 2, 3""")


def upgrade() -> None:
    """Keep the signatures, and fill the index again."""
    op.add_column("person", sa.Column("given_signature", sa.BigInteger, server_default="0", nullable=False))
    op.drop_table("person_key")
    op.create_table(
        "person_key",
        sa.Column("key", sa.Text(collation="C"), nullable=False),
        sa.Column("birth_code", sa.Integer, nullable=False),
        sa.Column("niss", sa.BigInteger, nullable=False),
        sa.Column("given_signature", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("key", "birth_code", "niss", postgresql_include=["given_signature"]),
    )
    connection = op.get_bind()
    after = -1
    while rows := connection.execute(_NEXT, {"after": after, "at_once": _AT_ONCE}).fetchall():
        kept = [
            {"niss": niss, "search_keys": search_keys(last), "given_signature": given_signature(first)}
            for niss, last, first in rows
        ]
        connection.execute(_KEEP, kept)
        after = rows[-1][0]
    connection.execute(_WRITE_KEYS)
