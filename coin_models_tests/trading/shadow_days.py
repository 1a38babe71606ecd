"""A coin's shadow days: candles, versions, forecasters that lean, and a day traded into a database."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import RowMapping, select

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.trading_schema import shadow_days, shadow_trades
from coin_models.errors import ModelDamaged
from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models.settings.trading import TradingSettings
from coin_models.trading.candidates import PublishedVersion, TradableModel
from coin_models.trading.contests import Contests
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ForecastShape, ShadowDay
from coin_models.trading.shadow_trader import ShadowTrader, TradedDay
from coin_models_tests.trading.builders import DAY, LEVELS, NOW

FIVE_MINUTES = parse_timeframe("5m")
SHAPE = ForecastShape(levels=LEVELS, horizon=12, window=16)
SETTINGS = TradingSettings(fee_bps=1, slippage_bps=0, edge_margin_bps=0, promotion_trial_days=1)
MARKET = MarketSettings()
VERSIONS = tuple(
    PublishedVersion(
        version_id=f"v{age}",
        day=DAY - timedelta(days=age),
        resumed=False,
        parent_id=None,
        weights_sha256=f"{age}",
        skill=0.01,
        validation={"coverage_0.1": 0.1, "coverage_0.9": 0.9},
    )
    for age in (0, 1, 2, 3)
)


@dataclass(frozen=True)
class Leaning:
    """Forecasts a move in the direction of the last candles, scaled by volatility."""

    lean: float = 0.5
    bias: float = 0.0  # added to every quantile, in volatilities

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        direction = np.sign(table.x[rows, 2].astype(np.float64))  # return over the last hour
        scaled = self.lean * direction[:, None] + np.array([-1.28, 0.0, 1.28]) + self.bias
        return np.asarray(scaled * horizon_volatility(table, SHAPE.horizon)[rows, None])


def model(forecaster: Leaning = Leaning(), weight: float = 1.0, *, reference: Leaning | None = None) -> TradableModel:
    weights = {"w": np.full(4, weight, np.float32)}
    return TradableModel(forecaster=forecaster, shape=SHAPE, weights=weights, reference=reference)


def walk(last: date, num_days: int = 8, seed: int = 4) -> Candles:
    """Five-minute candles of the days that end with `last`."""
    rng = np.random.default_rng(seed)
    num = num_days * 288
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.002, num)))
    opens = np.concatenate(([100.0], close[:-1]))
    ohlcv = np.stack(
        [opens, np.maximum(opens, close) * 1.0005, np.minimum(opens, close) * 0.9995, close, np.ones(num)], axis=1
    )
    start = day_start_ms(last - timedelta(days=num_days - 1))
    return Candles(
        timeframe=FIVE_MINUTES, open_time_ms=start + np.arange(num, dtype=np.int64) * FIVE_MINUTES.ms, ohlcv=ohlcv
    )


HISTORY = walk(DAY)


def trade(
    database: Database,
    champion_id: str | None,
    *,
    models: dict[str, TradableModel] | None = None,
    damaged: str | None = None,
    versions: tuple[PublishedVersion, ...] = VERSIONS,
    history: Candles = HISTORY,
    contests: Contests | None = None,
) -> TradedDay:
    def load(version_id: str) -> TradableModel:
        if version_id == damaged:
            raise ModelDamaged(f"{version_id}: the weights' digest is not the one in the manifest")
        return (models or {}).get(version_id, model())

    shadow = ShadowRepository(database, FixedClock(NOW))
    trader = ShadowTrader(shadow=shadow, load=load, market=MARKET, settings=SETTINGS)
    traded = trader.trade("BTC", DAY, history, champion_id=champion_id, versions=versions, contests=contests)
    write(database, *traded.results)
    return traded


def write(database: Database, *results: ShadowDay) -> None:
    shadow = ShadowRepository(database, FixedClock(NOW))
    database.transact(lambda connection: shadow.replace_day(connection, "BTC", DAY, results))


def rows(database: Database) -> list[RowMapping]:
    with database.read() as connection:
        days = connection.execute(select(shadow_days).order_by(shadow_days.c.role)).mappings().all()
        trades = connection.execute(select(shadow_trades).order_by(shadow_trades.c.role, shadow_trades.c.entered_at))
        return [*days, *trades.mappings().all()]
