"""One version's day on one coin: its forecasts, its trades and its score, in one value.

`shadow_trader` decides which versions trade.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from coin_models.features.feature_sets import NO_FEATURES, OwnFeatures
from coin_models.features.splits import sample_rows
from coin_models.features.table import FeatureTable, build_features, build_targets, horizon_volatility
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models.settings.trading import TradingSettings
from coin_models.trading.costs import TradingCosts, build_costs
from coin_models.trading.decisions import OutOfSampleDay
from coin_models.trading.forecasts import Array, Forecasts
from coin_models.trading.out_of_sample import OutOfSampleRecord, score_out_of_sample
from coin_models.trading.performance import TradingDayRecord
from coin_models.trading.policy import build_rules
from coin_models.trading.scoring import ForecastScore, realised_returns, score_day, unconditional_forecasts
from coin_models.trading.shadow import simulate_day
from coin_models.trading.trades import Role, Trade, Trader
from coin_models.trading.volatility_book import VolatilityDay, period_rows, run_volatility_book, volatility_book_rules


class Forecaster(Protocol):
    """What forecasts: `registry.forecast.LoadedModel`, or a double."""

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> Array:
        """Quantiles of the log return over the horizon that follows each of the rows, (N, Q)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastShape:
    """What a forecaster's numbers mean."""

    levels: tuple[float, ...]
    horizon: int  # candles ahead
    window: int  # candles that a forecast looks back over


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Members:
    """A version's forecast, and that of its reference alone; versions of 0.2 and before hold none."""

    forecaster: Forecaster
    reference: Forecaster | None = None

    def of(self, role: Role) -> "Members | None":
        """What is scored in this role: for the reference's own, the reference alone; None without it."""
        if role is not Role.REFERENCE:
            return self
        return Members(forecaster=self.reference, reference=self.reference) if self.reference is not None else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredDay:
    """One coin's day as everyone who trades it sees it: computed once, shared by champion and challenger."""

    candles: Candles  # of the day
    table: FeatureTable  # of the history up to the end of the day
    judged: Candles  # of the day and of the day before it, whose last outcomes became known on the day

    @classmethod
    def of(cls, history: Candles, day: date, market: MarketSettings, own: OwnFeatures = NO_FEATURES) -> "ScoredDay":
        """The day out of a history that reaches back for features and for unconditional quantiles.

        Candles after the day are dropped first: nothing here can look ahead.
        """
        first = history.days[0] if len(history) else day
        until = history.slice_days(first, day)
        return cls(
            candles=until.slice_days(day, day),
            table=build_features(until, market, own),
            judged=until.slice_days(day - timedelta(days=1), day),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowDay:
    """What a version did with a coin on a day."""

    trader: Trader
    equity_usd: float
    num_candles: int
    trades: tuple[Trade, ...]
    score: ForecastScore
    volatility_book: VolatilityDay | None  # None: too little is known to size it
    out_of_sample_record: OutOfSampleRecord | None = None  # None: no outcome became known

    @property
    def pnl_usd(self) -> float:
        """P&L of all trades, net of all costs."""
        return sum(trade.pnl_usd for trade in self.trades)

    @property
    def turnover_usd(self) -> float:
        """Notional of all fills."""
        return sum(trade.entry.notional_usd + trade.exit.notional_usd for trade in self.trades)

    @property
    def exposure(self) -> float:
        """Share of the day's candles with a position."""
        held = sum(trade.num_candles_held for trade in self.trades)
        return held / self.num_candles if self.num_candles else 0.0

    def record(self) -> TradingDayRecord:
        """The day, as `performance` reads it."""
        return TradingDayRecord(
            coin=self.trader.coin,
            day=self.trader.day,
            equity_usd=self.equity_usd,
            trade_pnls_usd=tuple(trade.pnl_usd for trade in self.trades),
            turnover_usd=self.turnover_usd,
            exposure=self.exposure,
            num_scored=self.score.num_scored,
            coverage=self.score.coverage,
            nominal_coverage=self.score.nominal_coverage,
        )

    def out_of_sample(self) -> OutOfSampleDay:
        """The day, as `promotion` reads it."""
        return OutOfSampleDay(day=self.trader.day, score=self.score, pnl_fraction=self.pnl_usd / self.equity_usd)


def run_day(
    trader: Trader,
    model: Forecaster,
    shape: ForecastShape,
    coin_day: ScoredDay,
    settings: TradingSettings,
    *,
    reference: Forecaster | None = None,
    before: Members | None = None,
    costs: TradingCosts | None = None,
) -> ShadowDay:
    """Trades one coin's day with one version, as if live, and scores its forecasts.

    Args:
        reference: the version's reference alone, for the out-of-sample record.
        before: what forecast the last horizon of the day before, of the same shape; None leaves it out of the record.
        costs: instead of those that the settings state.
    """
    candles, table = coin_day.candles, coin_day.table
    costs = costs or build_costs(settings)
    rows = rows_of_candles(table, candles, shape.window)
    forecasts = _forecast(model, shape, table, rows)
    scale = np.where(rows >= 0, horizon_volatility(table, shape.horizon)[rows], np.nan)
    quantiles = unconditional_quantiles_before(table, shape, before=trader.day)
    trades = simulate_day(
        candles,
        forecasts,
        rules=build_rules(settings),
        costs=costs,
        equity_usd=settings.initial_equity_usd,
    )
    return ShadowDay(
        trader=trader,
        equity_usd=settings.initial_equity_usd,
        num_candles=len(candles),
        trades=trades,
        score=score_day(candles, forecasts, unconditional_forecasts(forecasts, quantiles, scale), scale),
        volatility_book=_volatility_book(trader.day, model, shape, coin_day, settings, costs),
        out_of_sample_record=record_day(
            trader.day, Members(forecaster=model, reference=reference), before, shape, coin_day
        ),
    )


def record_day(
    day: date, members: Members, before: Members | None, shape: ForecastShape, coin_day: ScoredDay
) -> OutOfSampleRecord | None:
    """Scores the forecasts whose outcome became known on the day, 288 of five minutes; None without any.

    Args:
        members: what forecast the candles of the day.
        before: what forecast those of the last horizon of the day before.
    """
    candles, table = coin_day.judged, coin_day.table
    rows = rows_of_candles(table, candles, shape.window)
    of_day = candles.open_time_ms >= day_start_ms(day)
    realised = realised_returns(candles, shape.horizon)
    ends_ms = candles.open_time_ms + (shape.horizon + 1) * candles.timeframe.ms
    realised[ends_ms <= day_start_ms(day)] = np.nan  # known on the day before
    scale = np.where(rows >= 0, horizon_volatility(table, shape.horizon)[rows], np.nan) if len(table) else realised
    parts = [(members, of_day), *([(before, ~of_day & np.isfinite(realised))] if before is not None else [])]
    with_reference = all(part.reference is not None for part, _ in parts)
    forecast, reference = (np.full((len(rows), len(shape.levels)), np.nan) for _ in range(2))
    for part, wanted in parts:
        forecast[wanted] = _forecast(part.forecaster, shape, table, rows[wanted]).returns
        if part.reference is not None and with_reference:
            reference[wanted] = _forecast(part.reference, shape, table, rows[wanted]).returns
    quantiles = np.asarray(unconditional_quantiles_before(table, shape, before=day))
    return score_out_of_sample(
        shape.levels, realised, scale, forecast, scale[:, None] * quantiles, reference if with_reference else None
    )


def _volatility_book(
    day: date,
    model: Forecaster,
    shape: ForecastShape,
    coin_day: ScoredDay,
    settings: TradingSettings,
    costs: TradingCosts,
) -> VolatilityDay | None:
    table, candle_seconds = coin_day.table, coin_day.candles.timeframe.seconds
    if len(table) == 0:
        return None
    periods = period_rows(table, day, horizon=shape.horizon, window=shape.window, candle_seconds=candle_seconds)
    return run_volatility_book(
        periods,
        _forecast(model, shape, table, periods.rows),
        volatility_book_rules(settings),
        costs,
        candle_seconds=candle_seconds,
    )


def rows_of_candles(table: FeatureTable, candles: Candles, window: int) -> npt.NDArray[np.int64]:
    """Row of the table for each candle, (N,); -1 where no forecast can be made from it."""
    rows = np.searchsorted(table.open_time_ms, candles.open_time_ms)
    usable = np.zeros(len(table) + 1, dtype=bool)
    usable[sample_rows(table, window)] = True
    found = np.minimum(rows, len(table) - 1)
    there = usable[rows] & (table.open_time_ms[found] == candles.open_time_ms) if len(table) else usable[rows]
    return np.where(there, rows, -1).astype(np.int64)


def unconditional_quantiles_before(table: FeatureTable, shape: ForecastShape, *, before: date) -> Sequence[float]:
    """Quantiles of the scaled returns whose horizon ended before a day; NaN where there are none."""
    targets = build_targets(table, shape.horizon)
    known_by = np.searchsorted(table.open_time_ms, day_start_ms(before)) - shape.horizon
    past = targets[: max(int(known_by), 0)]
    past = past[np.isfinite(past) & table.usable[: len(past)]]
    if len(past) == 0:
        return [float("nan")] * len(shape.levels)
    return [float(value) for value in np.quantile(past, shape.levels)]


def _forecast(model: Forecaster, shape: ForecastShape, table: FeatureTable, rows: npt.NDArray[np.int64]) -> Forecasts:
    returns = np.full((len(rows), len(shape.levels)), np.nan)
    can = rows >= 0
    if can.any():
        returns[can] = model.log_returns(table, rows[can])
    return Forecasts(levels=shape.levels, returns=returns, horizon=shape.horizon)
