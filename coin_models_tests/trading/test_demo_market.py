"""On the demo market, costs included: the oracle earns most, a fitted model nearly as much, a coin-flip loses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from benchmarks.demo_oracle import oracle_forecast
from benchmarks.oracle import COIN_FLIP, ORACLE, VERSION, compare, summarise
from coin_models.clock import FixedClock
from coin_models.features.table import FeatureTable, build_targets, horizon_volatility
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models.trading.shadow_day import Forecaster, ForecastShape, ScoredDay, run_day
from coin_models_tests.trading.builders import LEVELS, trader

Array = npt.NDArray[np.float64]

FIVE_MINUTES = parse_timeframe("5m")
SEED = 7
FIRST = date(2024, 8, 15)
NUM_DAYS = 5
HORIZON = 12
SHAPE = ForecastShape(levels=LEVELS, horizon=HORIZON, window=16)


@dataclass(frozen=True)
class Oracle:
    """Knows the law of the market, not its noise."""

    quantiles: dict[int, Array]  # open time -> log returns

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> Array:
        unknown = np.full(len(LEVELS), np.nan)  # on other days, which only the volatility book looks at
        return np.array([self.quantiles.get(int(time_ms), unknown) for time_ms in table.open_time_ms[rows]])


@dataclass(frozen=True)
class Ridge:
    """A linear model of the features, fitted before the first day."""

    centre: Array
    spread: Array
    slopes: Array
    residuals: Array

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> Array:
        middle = ((table.x[rows] - self.centre) / self.spread) @ self.slopes
        return np.asarray((middle[:, None] + self.residuals) * horizon_volatility(table, HORIZON)[rows, None])


@dataclass(frozen=True)
class CoinFlip:
    """Sure of itself, and of nothing."""

    rng: np.random.Generator

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> Array:
        lean = self.rng.choice([-0.5, 0.5], len(rows))
        scaled = lean[:, None] + np.array([-1.28, 0.0, 1.28])
        return np.asarray(scaled * horizon_volatility(table, HORIZON)[rows, None])


def fit_ridge(table: FeatureTable) -> Ridge:
    targets = build_targets(table, HORIZON)
    rows = table.usable & np.isfinite(targets) & (table.open_time_ms < day_start_ms(FIRST) - HORIZON * FIVE_MINUTES.ms)
    x, y = table.x[rows].astype(np.float64), targets[rows].astype(np.float64)
    centre, spread = x.mean(axis=0), x.std(axis=0) + 1e-9
    z = (x - centre) / spread
    slopes = np.linalg.solve(z.T @ z + 100 * np.eye(z.shape[1]), z.T @ y)
    return Ridge(centre=centre, spread=spread, slopes=slopes, residuals=np.quantile(y - z @ slopes, LEVELS))


@pytest.fixture(scope="module")
def earned() -> dict[str, float]:
    """USD that each forecaster made over the days and three coins, at the costs of the default settings."""
    source = DemoSource(SEED, FIVE_MINUTES, FixedClock(datetime(2025, 1, 1, tzinfo=UTC)))
    settings = TradingSettings()
    totals = {"oracle": 0.0, "ridge": 0.0, "coin flip": 0.0}
    for coin in source.coins()[:3]:
        history = source.fetch(coin, FIRST - timedelta(days=60), FIRST + timedelta(days=NUM_DAYS))
        ridge = fit_ridge(ScoredDay.of(history, FIRST - timedelta(days=1), MarketSettings()).table)
        for number in range(NUM_DAYS):
            day = FIRST + timedelta(days=number)
            coin_day = ScoredDay.of(history, day, MarketSettings())
            truth = oracle_forecast(SEED, coin, FIVE_MINUTES, day, day, horizon=HORIZON, quantiles=LEVELS)
            times = [int(time_ms) for time_ms in truth.candles.open_time_ms]
            forecasters: dict[str, Forecaster] = {
                "oracle": Oracle(dict(zip(times, truth.quantiles, strict=True))),
                "ridge": ridge,
                "coin flip": CoinFlip(np.random.default_rng(number)),
            }
            for name, forecaster in forecasters.items():
                totals[name] += run_day(trader(coin=coin, day=day), forecaster, SHAPE, coin_day, settings).pnl_usd
    return totals


def test_the_oracle_earns_and_the_coin_flip_pays_the_costs(earned: dict[str, float]) -> None:
    assert earned["oracle"] > 0 > earned["coin flip"]


def test_a_fitted_model_lies_between_the_two_nearer_the_oracle(earned: dict[str, float]) -> None:
    assert earned["coin flip"] < earned["ridge"]
    assert abs(earned["oracle"] - earned["ridge"]) < abs(earned["ridge"] - earned["coin flip"])


@pytest.mark.proof
def test_the_newest_version_of_the_real_chain_lies_far_above_the_coin_flip_and_near_the_oracle(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, universe=("UNI", "ARB"), training=TrainingSettings(num_threads=1))

    earned = compare(settings, [FIRST, FIRST + timedelta(days=1), FIRST + timedelta(days=2)])

    total = {name: figures["pnl_usd"] for name, figures in summarise(earned)["totals"].items()}
    assert total[COIN_FLIP] < 0 < total[VERSION]
    assert abs(total[ORACLE] - total[VERSION]) < (total[VERSION] - total[COIN_FLIP]) / 2
