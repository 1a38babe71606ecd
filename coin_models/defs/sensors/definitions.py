"""The sensors' definitions: one closes dead runs, one requests missing coin-days, one requests reports of settled
days.
"""

from collections.abc import Sequence
from functools import cache

from dagster import (
    DefaultSensorStatus,
    RunRequest,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from coin_models.defs.instance.check_index import ensure_check_index
from coin_models.defs.jobs import REPORT, RETRAIN
from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import REPORT_SENSOR
from coin_models.defs.sensors.reaping import reap
from coin_models.defs.sensors.reporting import what_to_report
from coin_models.defs.sensors.resuming import what_to_resume, window_of
from coin_models.pipeline.cleanup import clean_up_if_due
from coin_models.pipeline.services import Services, open_services
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.root import Settings


def build_sensors(settings: Settings, coins: Sequence[str], services: Services | None = None) -> list[SensorDefinition]:
    """The sensors; they share services that are opened at the first tick, not when definitions load."""

    @cache
    def opened() -> Services:
        current = services or open_services(settings, create=True)
        ensure_check_index(current.database)
        return current

    @sensor(
        name="reaper",
        minimum_interval_seconds=settings.operations.reaper_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Fails runs of dead workers, frees their slots, closes dead sessions; removes unused files every 6 h.",
    )
    def reaper(context: SensorEvaluationContext) -> SkipReason:
        if settings.fleet.broker_url is not None:
            opened().workers.announce_control(training_code_version(settings.training.plugins))
        reaped, swept = reap(opened(), context.instance), clean_up_if_due(opened())
        from coin_models.defs.pruning import prune_if_due  # it brings Dagster's storages

        pruned = prune_if_due(opened(), context.instance)
        return SkipReason("; ".join(str(result) for result in (reaped, swept, pruned) if result is not None))

    @sensor(
        name="resume",
        job_name=RETRAIN,
        minimum_interval_seconds=settings.operations.resume_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests what is missing in the last days, oldest first, within each coin's attempt budget.",
    )
    def resume(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        resumption = what_to_resume(opened(), context.instance, coins)
        if not resumption.wanted:
            return SkipReason(str(resumption))
        context.log.info(str(resumption))
        window = window_of(opened())
        return SensorResult(
            run_requests=[launch.request(comes_first=launch.days[-1] in window) for launch in resumption.runs]
        )

    @sensor(
        name="report",
        job_name=REPORT,
        minimum_interval_seconds=settings.operations.resume_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Requests the patterns and the report of a day, once its coins are settled, or at the deadline.",
    )
    def report(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        reporting = what_to_report(opened(), context.instance, coins)
        if not reporting.days:
            return SkipReason(str(reporting))
        return SensorResult(
            run_requests=[
                RunRequest(partition_key=partition_key(day), tags={"day": day.isoformat(), "asked_by": REPORT_SENSOR})
                for day in reporting.days
            ]
        )

    return [reaper, resume, report]
