"""The one resource: a shift, which is a workshop with somebody at work in it.

Belongs here: opening it for a run. Not here: what it offers (daily/); domain code never sees a Dagster class.
"""

from collections.abc import Iterator

from dagster import InitResourceContext, ResourceDefinition

from coin_models.daily.shift import Shift, open_shift
from coin_models.daily.workshop import Workshop
from coin_models.settings.root import Settings
from coin_models.training.notice_sources import build_notice_board

SHIFT = "shift"


def shift_per_run(settings: Settings) -> ResourceDefinition:
    """A session for each Dagster run: what a run worker uses."""

    def opened(context: InitResourceContext) -> Iterator[Shift]:
        notice = build_notice_board(settings.interruption)
        with open_shift(Workshop(settings=settings), notice, run_id=context.run_id) as shift:
            yield shift

    return ResourceDefinition(opened, description="Database, object store, candle source, registry, an open session.")


def shift_of(shift: Shift) -> ResourceDefinition:
    """The session of this process: what the command line uses for all of its runs."""
    return ResourceDefinition.hardcoded_resource(shift, description="The command line's own session.")
