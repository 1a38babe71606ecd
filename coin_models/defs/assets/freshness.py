"""Dagster's freshness policy of a trading day's assets: they are due at `costs.deadline`.

Dagster walks through a thousand nights, 6 ms, to check each policy that it builds, and builds each one again whenever
daemon or webserver load the snapshot: the daemon does once a minute. It writes an event for each state that changes,
too (docs/adr/0139).
"""

from datetime import timedelta
from functools import cache

from dagster import FreshnessPolicy

from coin_models.settings.root import Settings

_NIGHT_BEGINS = timedelta(hours=24)  # what was made since the deadline of the day before counts


MAX_COINS = 100
"""The largest universe whose models have a policy each; beyond it the report alone is late."""


def made_by_the_deadline(settings: Settings) -> FreshnessPolicy:
    """Fresh while it was made between one deadline and the next, UTC; one object for all assets."""
    return _policy(settings.costs.deadline)


@cache
def _policy(deadline: str) -> FreshnessPolicy:
    hours, minutes = deadline.split(":")
    return FreshnessPolicy.cron(
        deadline_cron=f"{int(minutes)} {int(hours)} * * *", lower_bound_delta=_NIGHT_BEGINS, timezone="UTC"
    )
