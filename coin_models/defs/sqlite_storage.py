"""The former path of `KeptSqliteEventLogStorage`: a dagster.yaml written before defs/instance/ existed names it."""

from coin_models.defs.instance.sqlite_storage import KeptSqliteEventLogStorage

__all__ = ["KeptSqliteEventLogStorage"]
