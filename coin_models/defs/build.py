"""Assembles the definitions from the settings.

Belongs here: which assets, jobs, schedules, sensors and resources there are. Not here: any of them. Loads without torch
and without I/O beyond the settings and, for the source `files`, one listing of its folder.
"""

from dagster import Definitions, IOManagerDefinition, ResourceDefinition

from coin_models.defs.assets.candles import CANDLES_IO, build_candles
from coin_models.defs.assets.daily_report import build_daily_report, build_pattern_library
from coin_models.defs.assets.model import MODEL_IO, build_model
from coin_models.defs.assets.shadow_trades import build_shadow_trades
from coin_models.defs.io_managers import CandlesIOManager, ModelIOManager
from coin_models.defs.jobs import one_process, retrain_job
from coin_models.defs.notifications import build_notifications
from coin_models.defs.resources import WORKER, worker_per_run
from coin_models.defs.schedules import nightly
from coin_models.defs.sensors import build_sensors
from coin_models.defs.unquarantine import build_unquarantine
from coin_models.market.universe import resolve_universe
from coin_models.settings.root import Settings


def build_definitions(settings: Settings, *, worker: ResourceDefinition | None = None) -> Definitions:
    """All definitions; `worker` replaces the session that each run opens for itself (tests, the command line)."""
    coins = resolve_universe(settings)
    return Definitions(
        assets=[
            build_candles(settings, coins),
            build_model(settings, coins),
            build_shadow_trades(settings, coins),
            build_pattern_library(settings, coins),
            build_daily_report(settings, coins),
        ],
        jobs=[retrain_job(), build_unquarantine(settings, coins)],
        schedules=[nightly()],
        sensors=[*build_sensors(settings, coins), build_notifications(settings, coins)],
        executor=one_process(),
        resources={
            WORKER: worker or worker_per_run(settings),
            CANDLES_IO: IOManagerDefinition(
                lambda context: CandlesIOManager(context.resources.worker), required_resource_keys={WORKER}
            ),
            MODEL_IO: IOManagerDefinition(
                lambda context: ModelIOManager(context.resources.worker), required_resource_keys={WORKER}
            ),
        },
    )
