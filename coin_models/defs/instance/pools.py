"""The trainer's pool: how many fits run at a time (`concurrency.pools.default_limit` of dagster.yaml), from the first run on.

Belongs here: the pool's name, and making Dagster know it. Not here: what waits in it (assets/step.py).

Why Dagster must be told. In 1.13 a pool with the default limit has a row in the event log storage, which the run queue
itself writes when a run of the pool first waits. But one pass of the queue reads the known pools, then writes the missing
ones, and lets every run through whose pool was not among those it read (`QueuedRunCoordinatorDaemon._get_runs_to_dequeue`,
`GlobalOpConcurrencyLimitsCounter.__init__` and `is_blocked`). So the first backfill of a new home started three runs at
once, and every later one a run at a time. The row is written here before anything can wait: by whatever opens the
instance for us, and, where Dagster's services start without us, by the reaper's ticks.
"""

from dagster import DagsterInstance

TRAINER_POOL = "trainer"


def make_pools_known(instance: DagsterInstance) -> None:
    """Gives the trainer's pool its default limit; a limit that somebody set stays."""
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    if TRAINER_POOL not in {pool.name for pool in storage.get_pool_limits()}:
        storage.initialize_concurrency_limit_to_default(TRAINER_POOL)
