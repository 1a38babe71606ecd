"""Dagster's freshness policy of a trading day's assets: they are due at `costs.deadline`."""

from datetime import timedelta
from functools import cache

from dagster import FreshnessPolicy

from coin_models.settings.root import Settings

_NIGHT_BEGINS = timedelta(hours=24)  # what was made since the deadline of the day before counts


def made_by_the_deadline(settings: Settings) -> FreshnessPolicy:
    """Fresh while it was made between one deadline and the next, UTC.

    One object for all assets: Dagster walks through a thousand nights to check each that it builds, 6 ms.
    """
    return _policy(settings.costs.deadline)


@cache
def _policy(deadline: str) -> FreshnessPolicy:
    hours, minutes = deadline.split(":")
    return FreshnessPolicy.cron(
        deadline_cron=f"{int(minutes)} {int(hours)} * * *", lower_bound_delta=_NIGHT_BEGINS, timezone="UTC"
    )
