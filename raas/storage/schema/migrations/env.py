"""Runs the migrations by Alembic, on the given connection and in one transaction."""

from alembic import context

from raas.storage.schema.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
