"""The one resource: a shift, which is a workshop with somebody at work in it.

Belongs here: opening it for a run, and tagging the run with who works on what. Not here: what it offers (daily/);
domain code never sees a Dagster class.
"""

from collections.abc import Iterator

from dagster import DagsterInstance, DagsterRun, InitResourceContext, ResourceDefinition

from coin_models.clock import Clock
from coin_models.daily.shift import Shift, open_shift
from coin_models.daily.workshop import Workshop
from coin_models.defs.runs import INTERRUPTED, RESUMED, days_of, tag_interrupted, work_tags
from coin_models.market.universe import resolve_universe
from coin_models.settings.root import Settings
from coin_models.training.notice_sources import build_notice_board

SHIFT = "shift"


def shift_per_run(settings: Settings) -> ResourceDefinition:
    """A session for each Dagster run: what a run worker uses."""

    def opened(context: InitResourceContext) -> Iterator[Shift]:
        notice, workshop = build_notice_board(settings.interruption), Workshop(settings=settings)
        instance, run = context.instance, context.run
        if instance is None or run is None:  # a value is loaded outside a run
            with open_shift(workshop, notice) as shift:
                yield shift
            return
        age_seconds = _seconds_since_launch(instance, run.run_id, workshop.clock)
        with open_shift(workshop, notice, run_id=run.run_id, age_seconds=age_seconds) as shift:
            instance.add_run_tags(run.run_id, _tags_at_start(run, shift))
            try:
                yield shift
            finally:
                tag_interrupted(instance, run.run_id, shift)

    return ResourceDefinition(opened, description="Database, object store, candle source, registry, an open session.")


def _seconds_since_launch(instance: DagsterInstance, run_id: str, clock: Clock) -> float:
    """For how long the run's worker has been starting up; 0 where no launcher started one."""
    launched_at = instance.get_run_stats(run_id).launch_time
    return max(0.0, clock.now().timestamp() - launched_at) if launched_at else 0.0


def _tags_at_start(run: DagsterRun, shift: Shift) -> dict[str, str]:
    """Who works on what; a run that is launched again inherits all tags, and what befell the one before is not its own."""
    selected = {key.path[1] for key in run.asset_selection or () if len(key.path) == 2}
    coins = [coin for coin in resolve_universe(shift.workshop.settings) if coin in selected or not selected]
    days = days_of(run.tags)
    inherited = {name: "no" for name in (INTERRUPTED, RESUMED) if name in run.tags}
    return {**(work_tags(days, coins, shift) if days else {}), **inherited}


def shift_of(shift: Shift) -> ResourceDefinition:
    """The session of this process: what the command line uses for all of its runs."""
    return ResourceDefinition.hardcoded_resource(shift, description="The command line's own session.")
