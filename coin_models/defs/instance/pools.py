"""The trainer's pool: limits how many fits run at a time (`concurrency.pools.default_limit` of dagster.yaml) from the
first run on.

Why the pool is registered here: in Dagster 1.13 a pool with the default limit has a row in the event log storage. The
run queue writes that row when a run of the pool first waits. But one pass of the queue reads the known pools, then
writes the missing ones, and starts every run whose pool was not among those it read
(`QueuedRunCoordinatorDaemon._get_runs_to_dequeue`, `GlobalOpConcurrencyLimitsCounter.__init__` and `is_blocked`). So
the first backfill of a new home started three runs at once, and every later backfill one run at a time. This module
writes the row before any run can wait: whenever we open the instance, and, where Dagster's services start without us,
on the reaper's ticks.
"""

from dagster import DagsterInstance
from sqlalchemy.exc import DBAPIError

TRAINER_POOL = "trainer"


def make_pools_known(instance: DagsterInstance, *, num_workers: int | None = None) -> None:
    """Gives the trainer's pool its default limit; a limit that was set stays. In a fleet it is the number of live workers.

    Without any worker one run waits in the broker for the first.
    """
    storage = instance.event_log_storage
    if not storage.supports_global_concurrency_limits:
        return
    if TRAINER_POOL not in {pool.name for pool in storage.get_pool_limits()}:
        try:
            storage.initialize_concurrency_limit_to_default(TRAINER_POOL)
        except DBAPIError:  # Dagster looks, then writes: another machine wrote the row in between
            if TRAINER_POOL not in {pool.name for pool in storage.get_pool_limits()}:
                raise
    if num_workers is not None:
        storage.set_concurrency_slots(TRAINER_POOL, max(1, num_workers))
