"""Why a Dagster run failed, in one line: the first line of the first cause that its events hold."""

from dagster import DagsterEvent, DagsterEventType, DagsterInstance

NO_REASON = "no reason was recorded"
_FAILURES = {DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE}


def cause_of(event: DagsterEvent) -> str:
    """What went wrong first: around it Dagster puts errors that say only where it happened."""
    error = getattr(event.event_specific_data, "error", None)
    while error is not None and error.cause is not None:
        error = error.cause
    text = (error.message if error is not None else event.message) or ""
    return next(iter(text.strip().splitlines()), NO_REASON)


def cause_of_run(instance: DagsterInstance, run_id: str) -> str:
    """What failed first in a run, of its steps or as a whole."""
    records = instance.get_records_for_run(run_id, of_type=_FAILURES, limit=1).records
    event = records[0].event_log_entry.dagster_event if records else None
    return NO_REASON if event is None else cause_of(event)
