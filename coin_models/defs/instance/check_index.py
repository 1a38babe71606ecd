"""Our one index on Dagster's tables: the newest execution of each asset check.

For every node of the graph the UI requests `max(id)` of each of its checks, and again every few seconds. Dagster's own
index does not hold the id, so PostgreSQL read every execution ever made: 248 ms for five coins after three years, 4.6
ms with this index (500 coins, 4.4 million executions; 275 MB). docs/adr/0071 has the other figures.

SQLite does not need it: an embedded home has few coins.
"""

import logging

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from coin_models.db.engine import Database

logger = logging.getLogger(__name__)

NAME = "coin_models_newest_check"
_CREATE = f"CREATE INDEX IF NOT EXISTS {NAME} ON asset_check_executions (asset_key, check_name, id)"


def ensure_check_index(database: Database) -> None:
    """Creates the index where it is missing; a failure is logged, since all works without it, if slowly.

    Not `CONCURRENTLY`, which would leave an invalid index behind when it is killed: the table is small when the daemon
    first starts, and after three years of 500 coins the checks of a night wait half a minute, once.
    """
    if database.engine.dialect.name != "postgresql":
        return
    try:
        with database.engine.begin() as connection:
            connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            connection.execute(text(_CREATE))
    except DBAPIError as error:
        logger.warning("no index on Dagster's asset checks: the graph will be slow", extra={"reason": str(error.orig)})
