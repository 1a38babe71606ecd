"""A night that the resume sensor looks at: candles of every day, and whatever a test adds."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from dagster import (
    AssetKey,
    AssetMaterialization,
    DagsterInstance,
    DagsterRunStatus,
)
from sqlalchemy import insert

from coin_models.clock import FixedClock
from coin_models.db.schema import model_versions
from coin_models.defs.sensors.resuming import Resumption, what_to_resume
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.defs.dagster_tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)
from coin_models_tests.defs.fixtures import create_run, small_settings

COINS = ("BTC", "ETH", "SOL")
TODAY = date(2026, 3, 11)
D8, D9, D10 = (TODAY - timedelta(days=n) for n in (3, 2, 1))


class Night:
    """What a tick finds: candles of every day, and whatever a test adds."""

    def __init__(self, services: Services, clock: FixedClock, instance: DagsterInstance) -> None:
        self.services, self.clock, self.instance = services, clock, instance
        self.session = services.sessions.open(CostSettings(), code_version="0" * 64).session_id

    def asked(self, first: date, last: date | None = None, coins: Sequence[str] | None = None, **who: str) -> None:
        self.services.requests.ask(first, last or first, coins, who.get("by", "a person"), who.get("run_id"))

    def every_night_from(self, first: date) -> None:
        self.services.requests.ask(first, None, None, "nightly")

    def fingerprint(self, coin: str, day: date) -> str:
        return plan_now(self.services, [day], [coin])[coin, day].fingerprint or ""

    def tried(self, day: date, outcome: tuple[Outcome, AttemptAction, str], coins: Sequence[str] = COINS) -> None:
        fingerprints = {coin: self.fingerprint(coin, day) for coin in coins}
        self.services.attempts.record(day, self.session, dict.fromkeys(coins, outcome), fingerprints=fingerprints)

    def published(self, day: date, coins: Sequence[str] = COINS, *, is_recorded: bool = True) -> None:
        texts = (
            "architecture_digest",
            "weights_key",
            "weights_sha256",
            "manifest_key",
            "manifest_sha256",
            "code_version",
        )
        rows = [
            {"id": f"{coin}-{day}", "coin": coin, "day": day, "fingerprint": self.fingerprint(coin, day),
             **dict.fromkeys(texts, "x"), "metrics": {}, "created_at": self.clock.now(), "resumed": False,
             "fit_seconds": 1.0, "num_steps": 1}
            for coin in coins
        ]  # fmt: skip
        with self.services.database.begin() as connection:
            connection.execute(insert(model_versions), rows)
        for coin in coins if is_recorded else ():
            event = AssetMaterialization(AssetKey(["model", coin]), partition=day.isoformat())
            self.instance.report_runless_asset_event(event)

    def run(self, day: date, status: DagsterRunStatus, **tags: str) -> str:
        return self._run(status, {PARTITION_NAME_TAG: day.isoformat(), **tags})

    def run_of_a_range(self, first: date, last: date, status: DagsterRunStatus) -> str:
        days = {ASSET_PARTITION_RANGE_START_TAG: first.isoformat(), ASSET_PARTITION_RANGE_END_TAG: last.isoformat()}
        return self._run(status, days)

    def _run(self, status: DagsterRunStatus, tags: dict[str, str]) -> str:
        return create_run(self.instance, status, tags)

    def asks_for(self) -> Resumption:
        return what_to_resume(self.services, self.instance, COINS)


def settings_of_night(home: Path) -> Settings:
    """Every day is a full retrain: parents of other days are another test's."""
    settings = small_settings(home)
    training = settings.training.model_copy(update={"full_retrain_every_days": 1})
    return settings.model_copy(update={"training": training})
