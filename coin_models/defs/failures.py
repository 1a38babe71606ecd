"""Why a Dagster run failed, in one line: the first line of the first cause that its events hold."""

from dagster import DagsterEvent, DagsterEventType, DagsterInstance

NO_REASON = "no reason was recorded"
_FAILURES = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}
_ENGINE = {DagsterEventType.ENGINE_EVENT}
_FROM_OUTSIDE = (
    "marked as failed from outside"  # Dagster's words for a run that it could not launch, whatever the error
)


def cause_of(event: DagsterEvent) -> str:
    """What went wrong first: around it Dagster puts errors that say only where it happened."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    text = (error.message if error is not None else event.message) or ""
    return next(iter(text.strip().splitlines()), NO_REASON)


def cause_of_run(instance: DagsterInstance, run_id: str) -> str:
    """What failed first in a run, of its steps, as a whole, or in its launch."""
    event = _first(instance, run_id, _FAILURES)
    if event is None:
        return NO_REASON
    cause = cause_of(event)
    if _FROM_OUTSIDE not in cause:
        return cause
    launch = _first(instance, run_id, _ENGINE, with_error=True)
    return cause if launch is None else cause_of(launch)


def _first(
    instance: DagsterInstance, run_id: str, types: set[DagsterEventType], *, with_error: bool = False
) -> DagsterEvent | None:
    for record in instance.get_records_for_run(run_id, of_type=types).records:
        event = record.event_log_entry.dagster_event
        if event is not None and (not with_error or getattr(event.event_specific_data, "error", None)):
            return event
    return None
