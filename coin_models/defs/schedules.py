"""The schedule: trains yesterday at 02:00 UTC. The sensors request nights that the schedule missed."""

from collections.abc import Sequence
from datetime import time, timedelta

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, ScheduleEvaluationContext, schedule

from coin_models.defs.jobs import RETRAIN
from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import NIGHTLY
from coin_models.defs.sensors.launches import launches_of
from coin_models.settings.root import Settings

NIGHTLY_AT = time(2, 0)  # UTC


def nightly(settings: Settings, coins: Sequence[str]) -> ScheduleDefinition:
    """02:00 UTC: two hours after the day's last candle closed, in the hours when spot machines are taken back least."""

    @schedule(
        name=NIGHTLY,
        cron_schedule=f"{NIGHTLY_AT.minute} {NIGHTLY_AT.hour} * * *",
        execution_timezone="UTC",
        job_name=RETRAIN,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Retrains every coin on the day that ended two hours ago; in a fleet by a run per shard.",
    )
    def at_two(context: ScheduleEvaluationContext) -> RunRequest | list[RunRequest]:
        day = (context.scheduled_execution_time - timedelta(days=1)).date()
        key = f"{NIGHTLY}/{partition_key(day)}"
        if settings.fleet.broker_url is None:
            tags = {"day": partition_key(day), "asked_by": NIGHTLY}
            return RunRequest(run_key=key, partition_key=partition_key(day), tags=tags)
        shards = launches_of({day: coins}, {day: coins}, coins, settings, lambda _day, _shard: None).runs
        return [
            launch.request(asked_by=NIGHTLY, run_key=f"{key}/{launch.shard}", comes_first=True) for launch in shards
        ]

    return at_two
