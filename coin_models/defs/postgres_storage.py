"""The old address of `RetryingPostgresStorage`: a dagster.yaml written before defs/instance/ names it."""

from coin_models.defs.instance.postgres_storage import RetryingPostgresStorage

__all__ = ["RetryingPostgresStorage"]
