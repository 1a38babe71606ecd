"""Shows in the UI that a command could do nothing: a failed run of the day, with the cause as its failure.

The run is recorded, never executed. One a day and cause: a supervisor repeats the command each minute.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from dagster import DagsterRun, RunsFilter

from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.storage_errors import storage_explained
from coin_models.defs.jobs import RETRAIN
from coin_models.defs.runs import partition_tags, span
from coin_models.errors import CoinModelsError
from coin_models.operations.places import normalised
from coin_models.settings.root import Settings

logger = logging.getLogger(__name__)

CAUSE: Final = "coin_models/cause"
_ONE_A: Final = timedelta(days=1)


def record_failed_command(settings: Settings, error: CoinModelsError, days: Sequence[date]) -> str | None:
    """Records the run; returns its id, that of an earlier one of the same cause, or None where Dagster's storage fails too.

    Args:
        settings: of a home that exists.
        error: that ended the command.
        days: consecutive, that it was to make.
    """
    cause = normalised(str(error), ())
    digest = hashlib.sha256(f"{span(days)} {cause}".encode()).hexdigest()[:16]
    try:
        with storage_explained(settings), open_instance(settings) as instance:
            since = RunsFilter(tags={CAUSE: digest}, created_after=datetime.now(UTC) - _ONE_A)
            earlier = instance.get_runs(since, limit=1)
            if earlier:
                return earlier[0].run_id
            tags = {CAUSE: digest, "day": span(days), "asked_by": "coin-models retrain", **partition_tags(days)}
            run = instance.add_run(DagsterRun(job_name=RETRAIN, tags=tags))
            instance.report_run_failed(run, str(error))
            return run.run_id
    except CoinModelsError as problem:
        logger.info("the failure is not shown in the UI: %s", problem)
        return None
