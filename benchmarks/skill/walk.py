"""Walks the days: every forecaster is fitted on what was known at a day's end and judged on the days after."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.skill.baselines import EwmaVolatility, ScaledUnconditional, Unconditional
from benchmarks.skill.forecaster import Array, CoinHistory, Forecaster, horizon_of, pinball
from benchmarks.skill.judged import judged_rows
from benchmarks.skill.production import Network, OfVersions
from benchmarks.skill.rivals import Garch, HarQuantiles, LightGbm, LinearQuantiles, MeanOf
from coin_models.clock import SystemClock
from coin_models.features.splits import split
from coin_models.features.table import build_features, build_targets
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.settings.root import Settings
from coin_models.training.hardware import choose_num_threads

LIQUID_COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "LTC", "LINK", "AVAX", "ATOM", "NEAR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is walked."""

    coins: Sequence[str]
    last_day: date
    num_days: int
    fit_every: int  # days judged by each fit; above 1 every fit is a full retrain

    @property
    def days(self) -> list[date]:
        """All days judged."""
        return [self.last_day - timedelta(days=age) for age in reversed(range(self.num_days))]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """The losses of a walk, in terms of the log return, and the volatility at each of the rows."""

    span: Span
    names: Sequence[str]  # of the forecasters
    losses: dict[tuple[str, str], list[Array]] = field(default_factory=dict)  # (forecaster, coin) to each day's
    volatility: dict[str, list[Array]] = field(default_factory=dict)  # coin to each day's
    fit_seconds: dict[str, float] = field(default_factory=dict)  # of CPU or wall, as the forecaster counts, all coins

    def mean_loss(self, name: str, coin: str, days: slice = slice(None)) -> float:
        """Over the rows of these days; NaN without any."""
        values = np.concatenate(self.losses[name, coin][days])
        return float(values.mean()) if len(values) else float("nan")


def forecasters_of(settings: Settings, lightgbm_every: int) -> list[Forecaster]:
    """Baselines, rivals, production models and the mean of all that are fitted."""
    network = Network(settings)
    reference, published = OfVersions(network, "reference"), OfVersions(network, "published")
    fitted: list[Forecaster] = [HarQuantiles(settings), Garch(settings), LinearQuantiles(settings)]
    if lightgbm_every:
        fitted.append(LightGbm(settings, lightgbm_every, choose_num_threads(settings.training)))
    baselines: list[Forecaster] = [Unconditional(settings), EwmaVolatility(settings), ScaledUnconditional(settings)]
    return [*baselines, *fitted, network, reference, published, MeanOf([*fitted[2:], network, reference])]


def walk(settings: Settings, span: Span, forecasters: Sequence[Forecaster]) -> Walk:
    """Fits and judges; progress goes to stderr."""
    source = build_source(settings, SystemClock())
    result = Walk(span=span, names=[forecaster.name for forecaster in forecasters])
    for number in range(0, span.num_days, span.fit_every):
        judged = span.days[number : number + span.fit_every]
        histories = {coin: read_history(source, coin, judged, settings) for coin in span.coins}
        for forecaster in forecasters:
            forecaster.fit(judged[0] - timedelta(days=1), histories)
        for day in judged:
            _judge(forecasters, day, histories, settings, result)
        print(f"{judged[-1]}: judged ({number + len(judged)} of {span.num_days} days)", file=sys.stderr)
    result.fit_seconds.update({each.name: sum(each.seconds.values()) for each in forecasters if each.seconds})
    return result


def read_history(source: CandleSource, coin: str, judged: Sequence[date], settings: Settings) -> CoinHistory:
    """The coin's features from what a fit of the day before reads to the end of the outcomes of the judged days.

    Features and splits are causal (tested), so that one table serves both; `split` sees only the days up to the fit's.
    """
    day = judged[0] - timedelta(days=1)
    candles: Candles = source.fetch(coin, first_candle_day(day, settings), judged[-1] + timedelta(days=1))
    table = build_features(candles, settings.market)
    return CoinHistory(
        coin=coin,
        table=table,
        targets=build_targets(table, settings.training.horizon_candles(candles.timeframe.seconds)),
        split=split(table, day, settings.training),
    )


def _judge(
    forecasters: Sequence[Forecaster],
    day: date,
    histories: Mapping[str, CoinHistory],
    settings: Settings,
    result: Walk,
) -> None:
    training, horizon = settings.training, horizon_of(settings)
    for coin, history in histories.items():
        rows: NDArray[np.int64] = judged_rows(history.table, day, training)
        returns = history.log_returns(rows, horizon)
        result.volatility.setdefault(coin, []).append(history.scale(rows, horizon))
        for forecaster in forecasters:
            loss = pinball(returns, forecaster.forecast(history, rows), training.quantiles)
            result.losses.setdefault((forecaster.name, coin), []).append(loss)
