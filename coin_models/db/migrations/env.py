"""Alembic's environment: runs on the connection that `coin_models.db.migrate` hands over, within its transaction.

It reads no URL of its own: that would be a second reader of the settings.
"""

from alembic import context

from coin_models.db.migrate import VERSION_TABLE
from coin_models.db.tables import whole_metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=whole_metadata(),
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
