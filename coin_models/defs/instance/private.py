"""The private names of Dagster that this package uses; no other module imports `dagster._*`.

Each name is listed with what it does, why it is needed, and which public part would replace it. A test counts them.
Import this module late: it loads alembic and mako, 0.3 s of CPU that loading the definitions does not need.

`dagster._core.storage.event_log`
    * `SqliteEventLogStorage`, the base of `KeptSqliteEventLogStorage`: the parent connects again for each event, which takes
      five times the CPU (docs/adr/0101), and stores events twice (docs/adr/0137). Replaced by a Dagster that does neither.
    * `SqlEventLogStorage`, `SqlEventLogStorageTable`, `AssetKeyTable`: one statement lists the coin-days that Dagster knows
      (docs/adr/0100). Replaced by a public query of the partitions of many assets at once. Also how events are stored once.
    * `SqlPollingEventWatcher`: what Dagster's PostgreSQL storage follows a run with.

`dagster._core.storage.runs`, `dagster._core.storage.schedules`
    * `SqliteRunStorage`, `SqliteScheduleStorage`: in a home whose path holds `?` or `%`, Dagster opens a file other than the
      configured one (sqlite_paths.py). Replaced by a Dagster that quotes the path.
"""

from dagster._core.storage.event_log import (
    AssetKeyTable,
    SqlEventLogStorage,
    SqlEventLogStorageTable,
    SqliteEventLogStorage,
    SqlPollingEventWatcher,
)
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage

__all__ = [
    "AssetKeyTable",
    "SqlEventLogStorage",
    "SqlEventLogStorageTable",
    "SqlPollingEventWatcher",
    "SqliteEventLogStorage",
    "SqliteRunStorage",
    "SqliteScheduleStorage",
]
