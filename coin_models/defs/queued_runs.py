"""The runs that wait in Dagster's queue, as `status` shows them: by coin and day, with the run and since when."""

from collections.abc import Sequence
from datetime import UTC, datetime

from dagster import DagsterInstance, DagsterRun, RunsFilter

from coin_models.defs.assets.keys import MODEL
from coin_models.defs.instance.home import open_instance
from coin_models.defs.jobs import REPORT
from coin_models.defs.runs import WAITING, coins_of, days_of
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.settings.root import Settings

_MAX_RUNS = 1000  # a backfill of a fleet: shards times stretches of days


def read_queue(settings: Settings, coins: Sequence[str]) -> dict[CoinDay, str]:
    """The coin-days of these coins that waiting runs will try, each with a sentence about the first of its runs."""
    with open_instance(settings) as instance:
        return queued_coin_days(instance, coins)


def queued_coin_days(instance: DagsterInstance, coins: Sequence[str]) -> dict[CoinDay, str]:
    """As `read_queue`, of an open instance; runs that make no model are left out."""
    queued: dict[CoinDay, str] = {}
    for record in instance.get_run_records(RunsFilter(statuses=[*WAITING]), limit=_MAX_RUNS, ascending=True):
        run = record.dagster_run
        if run.job_name == REPORT or not _makes_models(run):
            continue
        since = datetime.fromtimestamp(record.create_timestamp.timestamp(), UTC)
        sentence = f"run {run.run_id[:8]} waits in the queue since {since:%Y-%m-%d %H:%M} UTC"
        for day in days_of(run.tags):
            for coin in coins_of(run, coins):
                queued.setdefault((coin, day), sentence)
    return queued


def _makes_models(run: DagsterRun) -> bool:
    """Whether it makes a coin's model; a run that selects no asset makes all."""
    return run.asset_selection is None or any(key.path[0] == MODEL for key in run.asset_selection)
