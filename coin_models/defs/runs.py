"""Runs and the trading days that they serve: one day, or a range of days in a backfill.

Reads days out of Dagster's tags, finds the runs of given days, and sets the tags that people search for.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord, RunsFilter

from coin_models.defs.partitions import partition_key
from coin_models.market.timeframe import days_between
from coin_models.pipeline.worker import Worker

# Dagster's own tags of a run over one partition, or over a range of them (its docs: "Run tags").
_PARTITION = "dagster/partition"
_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_RUNS_LOOKED_AT = 200  # of each kind, the newest: a week of a machine that is interrupted every hour

WAITING = (DagsterRunStatus.NOT_STARTED, DagsterRunStatus.QUEUED)
BEGUN = (DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING)

INTERRUPTED, RESUMED = "interrupted", "resumed"
SHARD, PRIORITY = "shard", "dagster/priority"  # of a fleet: runs of one shard are carried one after the other
NIGHTLY, RESUME, REPORT_SENSOR = "nightly", "resume sensor", "report sensor"  # who asked, in the tag `asked_by`
MACHINE = "machine"
NO_MACHINE = (
    "none"  # a run that was launched again inherits the tags of the one before, and waits for a machine of its own
)
_COINS_NAMED = 5


def days_of(tags: Mapping[str, str]) -> list[date]:
    """The trading days of a run, oldest first; none where it has no partition."""
    first = tags.get(_PARTITION) or tags.get(_RANGE_START)
    last = tags.get(_PARTITION) or tags.get(_RANGE_END)
    return days_between(date.fromisoformat(first), date.fromisoformat(last)) if first and last else []


def partition_tags(days: Sequence[date]) -> dict[str, str]:
    """The tags by which Dagster knows that a run serves these consecutive days."""
    first, last = partition_key(days[0]), partition_key(days[-1])
    return {_PARTITION: first} if len(days) == 1 else {_RANGE_START: first, _RANGE_END: last}


def runs_of(
    instance: DagsterInstance, days: Sequence[date], *, max_days_per_run: int, of: str | None = None, but_of: str = ""
) -> dict[date, list[RunRecord]]:
    """The newest runs that served any of these consecutive days, newest first; every day is a key.

    Of the job `of` alone where it is given, and not of the job `but_of`: a UI backfill's runs have a job of Dagster's own.
    Three statements however many days: a range is found by its first day, which is at most that many days earlier.
    """
    of_a_day = RunsFilter(tags={_PARTITION: [partition_key(day) for day in days]})
    first_days = days_between(days[0] - timedelta(days=max_days_per_run - 1), days[-1])
    of_a_range = RunsFilter(tags={_RANGE_START: [partition_key(day) for day in first_days]})
    # A backfill of a fleet has more runs that wait than are looked at of those that ended.
    unfinished = instance.get_run_records(RunsFilter(statuses=[*WAITING, *BEGUN]))
    looked_at = (instance.get_run_records(filters, limit=_RUNS_LOOKED_AT) for filters in (of_a_day, of_a_range))
    records = {
        record.storage_id: record
        for some in (unfinished, *looked_at)
        for record in some
        if record.dagster_run.job_name != but_of and of in (None, record.dagster_run.job_name)
    }
    by_day: dict[date, list[RunRecord]] = {day: [] for day in days}
    for record in sorted(records.values(), key=lambda record: record.storage_id, reverse=True):
        for day in days_of(record.dagster_run.tags):
            if day in by_day:
                by_day[day].append(record)
    return by_day


def coins_of(run: DagsterRun, universe: Sequence[str]) -> list[str]:
    """The coins whose assets a run makes, in the order of the universe: a run that selects none makes all."""
    selected = {key.path[1] for key in run.asset_selection or () if len(key.path) == 2}
    return [coin for coin in universe if coin in selected or not selected]


def span(days: Sequence[date]) -> str:
    """Such as `2026-03-10`, or `2026-03-01 to 2026-03-30`."""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def work_tags(days: Sequence[date], coins: Sequence[str], worker: Worker) -> dict[str, str]:
    """Who works on what, for the list of runs: `day`, `coins`, `session`, `machine`."""
    return {
        "day": str(days[0]) if len(days) == 1 else f"{days[0]}..{days[-1]}",
        "coins": coins_tag(coins),
        "session": worker.session.session_id,
        MACHINE: worker.session.machine,
    }


def coins_tag(coins: Sequence[str]) -> str:
    """Such as `BTC, ETH`; of many, the number."""
    return ", ".join(coins) if len(coins) <= _COINS_NAMED else f"{len(coins)} coins"


def tag_interrupted(instance: DagsterInstance, run_id: str, worker: Worker) -> None:
    """Tags the run with who took the machine away; not one that a person cancelled, who has said so already."""
    source, run = worker.interrupted_by(), instance.get_run_by_id(run_id)
    if source is not None and run is not None and run.status is not DagsterRunStatus.CANCELING:
        instance.add_run_tags(run_id, {INTERRUPTED: source})
