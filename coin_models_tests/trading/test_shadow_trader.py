"""A coin's trading day through the real database: who trades, which rows are left, what is decided."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import RowMapping, select

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.trading_schema import shadow_days, shadow_trades
from coin_models.errors import ModelDamaged, UsageError
from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models.settings.trading import TradingSettings
from coin_models.trading.candidates import PublishedVersion, TradableModel
from coin_models.trading.decisions import Verdict
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ForecastShape, ScoredDay, ShadowDay, run_day
from coin_models.trading.shadow_trader import ShadowTrader, TradedDay
from coin_models.trading.trades import Role
from coin_models_tests.trading.builders import DAY, LEVELS, NOW, trader
from coin_models_tests.trading.database import open_in

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


def model(forecaster: Leaning = Leaning(), weight: float = 1.0) -> TradableModel:
    return TradableModel(forecaster=forecaster, shape=SHAPE, weights={"w": np.full(4, weight, np.float32)})


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


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return open_in(tmp_path, [(version.version_id, "BTC", version.day) for version in VERSIONS])


def trade(
    database: Database,
    champion_id: str | None,
    *,
    models: dict[str, TradableModel] | None = None,
    damaged: str | None = None,
    versions: tuple[PublishedVersion, ...] = VERSIONS,
    history: Candles = HISTORY,
) -> TradedDay:
    def load(version_id: str) -> TradableModel:
        if version_id == damaged:
            raise ModelDamaged(f"{version_id}: the weights' digest is not the one in the manifest")
        return (models or {}).get(version_id, model())

    shadow = ShadowRepository(database, FixedClock(NOW))
    trader = ShadowTrader(shadow=shadow, load=load, market=MARKET, settings=SETTINGS)
    traded = trader.trade("BTC", DAY, history, champion_id=champion_id, versions=versions)
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


def test_champion_and_challenger_trade_the_same_day_side_by_side(database: Database) -> None:
    traded = trade(database, "v3")

    roles = {row["role"]: row["version_id"] for row in rows(database)}
    assert roles == {"champion": "v3", "challenger": "v1"}  # v0 was fitted on this very day
    assert all(len(result.trades) > 3 for result in traded.results)


def test_a_days_row_is_the_sum_of_its_trades(database: Database) -> None:
    trade(database, "v3")

    day, *_ = [row for row in rows(database) if row["role"] == "champion" and "num_trades" in row]
    trades = [row for row in rows(database) if row["role"] == "champion" and "side" in row]
    assert day["num_trades"] == len(trades)
    assert day["pnl_usd"] == pytest.approx(sum(row["pnl_usd"] for row in trades))
    assert day["fees_usd"] == pytest.approx(sum(row["fees_usd"] for row in trades))


def test_trading_a_day_again_leaves_the_same_rows_and_the_same_decision(database: Database) -> None:
    first = trade(database, "v3")
    before = rows(database)

    again = trade(database, "v3")

    assert rows(database) == before
    assert again.decision == first.decision


def test_a_day_without_a_champion_leaves_no_rows_of_an_earlier_run(database: Database) -> None:
    trade(database, "v3")

    traded = trade(database, None)

    assert rows(database) == []
    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.PROMOTE, "v0")


def test_a_run_that_dies_while_writing_leaves_the_rows_of_before(database: Database) -> None:
    trade(database, "v3")
    before = rows(database)
    coin_day = ScoredDay.of(HISTORY, DAY, MARKET)
    good = run_day(trader(version_id="v3"), Leaning(), SHAPE, coin_day, SETTINGS)
    unknown = run_day(trader(Role.CHALLENGER, version_id="unknown"), Leaning(), SHAPE, coin_day, SETTINGS)

    with pytest.raises(Exception, match="FOREIGN KEY"):  # between the delete and the commit
        write(database, good, unknown)

    assert rows(database) == before


def test_the_record_of_a_version_is_read_back_as_it_was_scored(database: Database) -> None:
    traded = trade(database, "v3")

    records = ShadowRepository(database, FixedClock(NOW)).out_of_sample_days(["v1", "v2", "v3"], DAY)

    assert records["v3"] == (traded.results[0].out_of_sample(),)
    assert records["v1"] == (traded.results[1].out_of_sample(),)
    assert records["v2"] == ()


def test_day_records_are_read_back_as_they_were_traded(database: Database) -> None:
    traded = trade(database, "v3")

    records = ShadowRepository(database, FixedClock(NOW)).records(DAY, DAY)

    assert records == [traded.results[0].record()]


def test_a_champion_whose_bundle_is_damaged_is_rolled_back(database: Database) -> None:
    traded = trade(database, "v3", damaged="v3")

    assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.ROLLBACK, "v0")
    assert "digest is not the one in the manifest" in traded.decision.reason
    assert [result.trader.role for result in traded.results] == [Role.CHALLENGER]
    assert list(traded.unreadable) == ["v3"]


def test_on_a_day_without_candles_nothing_is_traded_and_the_champion_stays(database: Database) -> None:
    delisted = HISTORY.slice_days(DAY - timedelta(days=7), DAY - timedelta(days=1))

    for history in (delisted, HISTORY.slice_days(DAY + timedelta(days=1), DAY + timedelta(days=1))):
        traded = trade(database, "v3", history=history)

        assert (traded.results, rows(database)) == ((), [])
        assert (traded.decision.verdict, traded.decision.version_id) == (Verdict.HOLD, "v3")
        assert "BTC has no candles on" in traded.decision.reason


def test_a_challenger_with_forecasts_far_off_is_refused(database: Database) -> None:
    traded = trade(database, "v3", models={"v1": model(Leaning(bias=1.5))})

    assert traded.decision.verdict is Verdict.HOLD
    assert traded.decision.challenger_refused


def test_a_version_that_moved_too_far_from_its_parent_does_not_become_the_first_champion(database: Database) -> None:
    child = replace(VERSIONS[0], parent_id="v1")

    traded = trade(database, None, models={"v0": model(weight=3.0)}, versions=(child, *VERSIONS[1:]))

    assert traded.decision.verdict is Verdict.NONE
    assert "2.00 of their parent's norm" in traded.decision.reason


def test_a_champion_of_the_day_itself_is_refused(database: Database) -> None:
    with pytest.raises(UsageError, match="no version of a day before"):
        trade(database, "v0")


def test_what_comes_after_the_day_is_not_looked_at() -> None:
    longer = walk(DAY + timedelta(days=2), num_days=10)

    with_future = run_day(trader(), Leaning(), SHAPE, ScoredDay.of(longer, DAY, MARKET), SETTINGS)
    without = run_day(
        trader(), Leaning(), SHAPE, ScoredDay.of(longer.slice_days(longer.days[0], DAY), DAY, MARKET), SETTINGS
    )

    assert with_future == without
    assert without.score.num_forecasts == 288
