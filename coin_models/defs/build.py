"""Assembles the Dagster definitions from the settings: assets, jobs, schedules, sensors and resources.

Loads without torch and without I/O beyond the settings and, for the source `files`, one listing of its folder.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Definitions, ResourceDefinition, in_process_executor

from coin_models.defs.assets.coins import build_coin_assets
from coin_models.defs.assets.days import build_day_assets
from coin_models.defs.backtest_job import build_backtest
from coin_models.defs.io_managers import CANDLES_IO, MODEL_IO, CandlesIOManager, ModelIOManager
from coin_models.defs.jobs import build_jobs
from coin_models.defs.resources import (
    SERVICES,
    WORKER,
    services_of_settings,
    services_of_worker,
    worker_of,
    worker_per_run,
)
from coin_models.defs.s3 import s3_resources
from coin_models.defs.schedules import nightly
from coin_models.defs.sensors.definitions import build_sensors
from coin_models.defs.sensors.notifications import build_notifications
from coin_models.defs.unquarantine import build_unquarantine
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings


def build_definitions(settings: Settings, *, worker: Worker | None = None) -> Definitions:
    """All definitions; an open `worker` replaces the session that each run opens for itself (tests, the command line)."""
    coins = resolve_universe(settings)
    services: ResourceDefinition = services_of_worker(worker) if worker else services_of_settings(settings)
    with _collector_paused():
        assets = [build_coin_assets(settings, coins), build_day_assets(settings, coins)]
    return Definitions(
        assets=assets,
        jobs=[
            *build_jobs(coins),
            build_unquarantine(settings, coins),
            build_backtest(settings, coins, definitions_with),
        ],
        schedules=[nightly(settings, coins)],
        sensors=[*build_sensors(settings, coins), build_notifications(settings, coins)],
        executor=in_process_executor,  # a run is one step; torch is imported once
        resources={
            SERVICES: services,
            WORKER: worker_of(worker) if worker else worker_per_run(settings),
            CANDLES_IO: CandlesIOManager(services=services),
            MODEL_IO: ModelIOManager(services=services),
            **s3_resources(settings),
        },
    )


def definitions_with(settings: Settings, worker: Worker) -> Definitions:
    """Those of a process that has a session: all of its runs use it."""
    return build_definitions(settings, worker=worker)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Within it, no garbage is collected: all that is made stays, and looking for it takes a quarter of the time (500 coins)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
