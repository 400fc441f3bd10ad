"""How Alembic runs the migrations: on the connection handed in, in one transaction."""

from alembic import context

from raas.storage.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
