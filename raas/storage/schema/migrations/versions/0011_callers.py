"""Record the application of a caller, and the organisation for which a gateway calls.

Mutations get the columns `application` and `on_behalf_of`. What belongs to a caller (request ids, imports,
subscribers) is stored under the text of its key, which is ten digits for an organisation alone: see
docs/stored-forms.md. This is no expansion: a server of the release before looks for numbers there.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

release = "0.2"
expansion = False

_OF_ACTORS = (
    "request",
    "import_progress",
    "import_rejection",
    "person_request",
    "person_import",
    "person_import_rejection",
)


def upgrade() -> None:
    """Add the columns, and turn the numbers of callers into texts."""
    op.add_column("mutation", sa.Column("application", sa.Text))
    op.add_column("mutation", sa.Column("on_behalf_of", sa.BigInteger))
    for table in _OF_ACTORS:
        op.alter_column(table, "actor", new_column_name="caller")
    for table in (*_OF_ACTORS, "subscriber"):
        op.alter_column(
            table,
            "caller",
            type_=sa.Text(collation="C"),
            postgresql_using="lpad(caller::text, 10, '0')",
        )
