"""The former path of `RetryingPostgresStorage`: a dagster.yaml written before defs/instance/ existed names it."""

from coin_models.defs.instance.postgres_storage import RetryingPostgresStorage

__all__ = ["RetryingPostgresStorage"]
