"""The former path of the run and schedule storages: a dagster.yaml written before defs/instance/ existed names it."""

from coin_models.defs.instance.sqlite_paths import QuotedRunStorage, QuotedScheduleStorage

__all__ = ["QuotedRunStorage", "QuotedScheduleStorage"]
