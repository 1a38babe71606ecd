"""Alembic's environment: runs on the connection that `coin_models.db.migrate` hands over, within its transaction.

Belongs here: nothing more. A URL of its own would be a second reader of the settings.
"""

from alembic import context

from coin_models.db.migrate import VERSION_TABLE
from coin_models.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
