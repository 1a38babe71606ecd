"""The schedule: trains yesterday at 02:00 UTC. The sensors request nights that the schedule missed."""

from datetime import time, timedelta

from dagster import DefaultScheduleStatus, RunRequest, ScheduleDefinition, ScheduleEvaluationContext, schedule

from coin_models.defs.jobs import RETRAIN
from coin_models.defs.partitions import partition_key

NIGHTLY_AT = time(2, 0)  # UTC


def nightly() -> ScheduleDefinition:
    """02:00 UTC: two hours after the day's last candle closed, in the hours when spot machines are taken back least."""

    @schedule(
        name="nightly",
        cron_schedule=f"{NIGHTLY_AT.minute} {NIGHTLY_AT.hour} * * *",
        execution_timezone="UTC",
        job_name=RETRAIN,
        default_status=DefaultScheduleStatus.RUNNING,
        description="Retrains every coin on the day that ended two hours ago.",
    )
    def at_two(context: ScheduleEvaluationContext) -> RunRequest:
        day = partition_key((context.scheduled_execution_time - timedelta(days=1)).date())
        return RunRequest(run_key=f"nightly/{day}", partition_key=day, tags={"day": day, "asked_by": "nightly"})

    return at_two
