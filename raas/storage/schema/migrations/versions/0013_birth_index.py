"""An index of the persons born on a day, for the search.

An expansion: a server of the release before maintains the index like any other, and does not use it.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

release = "0.2"
expansion = True


def upgrade() -> None:
    """Create the index."""
    op.create_index("person_birth", "person", ["birth_code"], postgresql_include=["given_signature", "niss"])
