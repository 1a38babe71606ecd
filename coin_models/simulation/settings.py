"""The settings of simulated nights: a small market, short leases, a channel."""

from functools import cache
from pathlib import Path

from pydantic import SecretStr

from coin_models.settings.costs import CostSettings, NotifySettings
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models.simulation.market import COINS, TIMEFRAME

LEASE_SECONDS = 90.0
HEARTBEAT_SECONDS = 30.0


@cache
def small_settings(num_coins: int = len(COINS)) -> Settings:
    """Three coins in two cohorts, or fewer in one; a full retrain every third day."""
    return Settings(
        _env_prefix="COIN_MODELS_OF_NO_ONE_",  # a seed gives the same night whatever the environment says
        home=Path("/simulated"),
        source="demo",
        universe=COINS[:num_coins],
        timeframe=TIMEFRAME.name,
        training=TrainingSettings(
            lookback_days=40,
            validation_days=2,
            width=2,
            num_blocks=1,
            full_retrain_every_days=3,
            cohort_size=2,
            members=(),
        ),
        trading=TradingSettings(bootstrap_samples=20, pattern_window_days=5),
        operations=OperationsSettings(
            lease_seconds=LEASE_SECONDS, heartbeat_seconds=HEARTBEAT_SECONDS, resume_window_days=2
        ),
        costs=CostSettings(price_usd_per_hour=0.2),
        notify=NotifySettings(urls=(SecretStr("json://localhost"),)),
    )
