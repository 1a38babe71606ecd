"""The one resource: a shift, which is a workshop with somebody at work in it.

Belongs here: opening it for a run. Not here: what it offers (daily/); domain code never sees a Dagster class.
"""

from collections.abc import Iterator

from dagster import InitResourceContext, ResourceDefinition

from coin_models.clock import Clock
from coin_models.daily.shift import Shift, open_shift
from coin_models.daily.workshop import Workshop
from coin_models.settings.root import Settings
from coin_models.training.notice_sources import build_notice_board

SHIFT = "shift"


def shift_per_run(settings: Settings) -> ResourceDefinition:
    """A session for each Dagster run: what a run worker uses."""

    def opened(context: InitResourceContext) -> Iterator[Shift]:
        notice = build_notice_board(settings.interruption)
        workshop = Workshop(settings=settings)
        age_seconds = _seconds_since_launch(context, workshop.clock)
        with open_shift(workshop, notice, run_id=context.run_id, age_seconds=age_seconds) as shift:
            yield shift

    return ResourceDefinition(opened, description="Database, object store, candle source, registry, an open session.")


def _seconds_since_launch(context: InitResourceContext, clock: Clock) -> float:
    """For how long the run's worker has been starting up; 0 where no launcher started one."""
    if context.instance is None or context.run_id is None:
        return 0.0
    launched_at = context.instance.get_run_stats(context.run_id).launch_time
    return max(0.0, clock.now().timestamp() - launched_at) if launched_at else 0.0


def shift_of(shift: Shift) -> ResourceDefinition:
    """The session of this process: what the command line uses for all of its runs."""
    return ResourceDefinition.hardcoded_resource(shift, description="The command line's own session.")
