"""Makes the database of a home again from its store: model versions, candles, champion decisions, forecasts.

Each part is idempotent and adds what is missing, so that a second call finishes one that was killed; until then the
home refuses to be opened (home/rebuilding.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from coin_models.home.opening import Home
from coin_models.home.rebuilding import begin_rebuild, finish_rebuild, require_store
from coin_models.market.rebuild import RebuiltDays, rebuild_days
from coin_models.pipeline.services import Services
from coin_models.registry.decision_copies import RebuiltDecisions, rebuild_decisions
from coin_models.registry.rebuild import AT_ONCE, RebuiltVersions, rebuild_versions
from coin_models.trading.history.rebuild import RebuiltForecasts, rebuild_forecasts

OnProgress = Callable[[str, int, int], None]
"""Called as `progress(what, done, total)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RebuiltHome:
    """What was made again."""

    home_id: str
    versions: RebuiltVersions
    days: RebuiltDays
    decisions: RebuiltDecisions
    forecasts: RebuiltForecasts

    @property
    def left_out(self) -> dict[str, str]:
        """By key of the object, why it is left out."""
        return {**self.versions.left_out, **self.days.left_out, **self.decisions.left_out, **self.forecasts.left_out}

    @property
    def lines(self) -> list[str]:
        """What was made, for people."""
        return [
            f"model versions: {self.versions.num_added:,} added, {self.versions.num_existing:,} listed before",
            f"days of candles: {self.days.num_added:,} added, {self.days.num_existing:,} known before",
            f"champion decisions: {self.decisions.num_added:,} added, of {self.decisions.num_existing:,} days known before",
            f"days of forecasts: {self.forecasts.num_added:,} added, {self.forecasts.num_existing:,} known before",
        ]

    @property
    def warnings(self) -> list[str]:
        """What was left out, a sentence each."""
        return [
            *(f"{key} is left out: {reason}" for key, reason in self.left_out.items()),
            *(
                f"{version} is listed without its parent {parent}, which is left out"
                for version, parent in self.versions.without_parent.items()
            ),
            *self.decisions.without_version,
        ]

    def to_json(self) -> dict[str, Any]:
        """As `coin-models home rebuild --json` prints it."""
        return {
            "home": self.home_id,
            "versions": {"added": self.versions.num_added, "existing": self.versions.num_existing},
            "candle_days": {"added": self.days.num_added, "existing": self.days.num_existing},
            "decisions": {"added": self.decisions.num_added, "existing_days": self.decisions.num_existing},
            "forecast_days": {"added": self.forecasts.num_added, "existing": self.forecasts.num_existing},
            "left_out": self.left_out,
            "without_parent": self.versions.without_parent,
            "without_version": self.decisions.without_version,
        }


def rebuild_home(services: Services, progress: OnProgress, *, at_once: int = AT_ONCE) -> RebuiltHome:
    """Adds to the database what the store has and it lacks; makes the database where there is none.

    Raises:
        HomeError: there is no such store, it holds another market, or the database is another home's.
        StoreError, DatabaseError: calling it again continues.
    """
    record = require_store(services.settings, services.store)
    home = Home(settings=services.settings, database=services.database, store=services.store)
    begin_rebuild(home, record)
    versions = rebuild_versions(
        services.database,
        services.store,
        lambda done, total: progress("model versions", done, total),
        at_once=at_once,
    )
    days = rebuild_days(
        services.candle_index, services.store, lambda done, total: progress("days of candles", done, total)
    )
    decisions = rebuild_decisions(
        services.database, services.store, lambda done, total: progress("champion decisions", done, total)
    )
    forecasts = rebuild_forecasts(
        services.forecasts, services.store, lambda done, total: progress("days of forecasts", done, total)
    )
    finish_rebuild(home, record)
    return RebuiltHome(home_id=record.home_id, versions=versions, days=days, decisions=decisions, forecasts=forecasts)
