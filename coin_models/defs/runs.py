"""Runs and the trading days that they serve: one day, or a range of days in a backfill.

Belongs here: reading days out of Dagster's tags, finding the runs of days, the tags by which people find runs. Not
here: what is done about a run (resuming.py, reaping.py).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dagster import DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from coin_models.defs.partitions import days_between, partition_key
from coin_models.pipeline.worker import Worker

_RUNS_LOOKED_AT = 200  # of each kind, the newest: a week of a machine that is taken away every hour

INTERRUPTED, RESUMED = "interrupted", "resumed"
NIGHTLY, RESUME = "nightly", "resume sensor"  # who asked, in the tag `asked_by`
_COINS_NAMED = 5


def days_of(tags: Mapping[str, str]) -> list[date]:
    """The trading days of a run, oldest first; none where it has no partition."""
    first = tags.get(PARTITION_NAME_TAG) or tags.get(ASSET_PARTITION_RANGE_START_TAG)
    last = tags.get(PARTITION_NAME_TAG) or tags.get(ASSET_PARTITION_RANGE_END_TAG)
    return days_between(date.fromisoformat(first), date.fromisoformat(last)) if first and last else []


def runs_of(instance: DagsterInstance, days: Sequence[date], *, max_days_per_run: int) -> dict[date, list[RunRecord]]:
    """The newest runs that served any of these consecutive days, newest first; every day is a key.

    Two statements however many days: a range is found by its first day, which is at most so many days earlier.
    """
    of_a_day = RunsFilter(tags={PARTITION_NAME_TAG: [partition_key(day) for day in days]})
    first_days = days_between(days[0] - timedelta(days=max_days_per_run - 1), days[-1])
    of_a_range = RunsFilter(tags={ASSET_PARTITION_RANGE_START_TAG: [partition_key(day) for day in first_days]})
    records = [
        record
        for filters in (of_a_day, of_a_range)
        for record in instance.get_run_records(filters, limit=_RUNS_LOOKED_AT)
    ]
    found: dict[date, list[RunRecord]] = {day: [] for day in days}
    for record in sorted(records, key=lambda record: record.storage_id, reverse=True):
        for day in days_of(record.dagster_run.tags):
            if day in found:
                found[day].append(record)
    return found


def span(days: Sequence[date]) -> str:
    """Such as `2026-03-10`, or `2026-03-01 to 2026-03-30`."""
    return str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}"


def work_tags(days: Sequence[date], coins: Sequence[str], worker: Worker) -> dict[str, str]:
    """Who works on what, for the list of runs: `day`, `coins`, `session`, `machine`."""
    return {
        "day": str(days[0]) if len(days) == 1 else f"{days[0]}..{days[-1]}",
        "coins": coins_tag(coins),
        "session": worker.session.session_id,
        "machine": worker.session.machine,
    }


def coins_tag(coins: Sequence[str]) -> str:
    """Such as `BTC, ETH`; of many, the number."""
    return ", ".join(coins) if len(coins) <= _COINS_NAMED else f"{len(coins)} coins"


def tag_interrupted(instance: DagsterInstance, run_id: str, worker: Worker) -> None:
    """Tags the run with who took the machine away; not one that a person cancelled, who has said so already."""
    source, run = worker.interrupted_by(), instance.get_run_by_id(run_id)
    if source is not None and run is not None and run.status is not DagsterRunStatus.CANCELING:
        instance.add_run_tags(run_id, {INTERRUPTED: source})
