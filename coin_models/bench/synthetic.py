"""The cohorts that `coin-models bench` fits: noise with the shape of real candles, or stored candles."""

from contextlib import closing
from datetime import date

import numpy as np

from coin_models.clock import SystemClock, newest_complete_day
from coin_models.db.opening import open_database
from coin_models.features.memories import HISTORY_DAYS
from coin_models.features.splits import Split
from coin_models.features.table import FeatureTable, feature_names, width_feature_names
from coin_models.market.candles import Candles
from coin_models.market.eligibility import explain
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import Timeframe, parse_timeframe
from coin_models.market.universe import resolve_universe
from coin_models.models.architecture import Architecture
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.factory import build_store
from coin_models.training.fit.samples import first_candle_day, samples_of
from coin_models.training.fit.tasks import CohortTask, CoinTask

FIVE_MINUTES = parse_timeframe("5m")
_FIRST_DAY = date(2010, 1, 1)  # before any exchange


def synthetic_cohort(training: TrainingSettings, num_coins: int, *, timeframe: Timeframe = FIVE_MINUTES) -> CohortTask:
    """A cohort of noise with the shape of real candles: nothing to learn, everything to compute."""
    names = [f"C{number}" for number in range(num_coins)]
    return CohortTask(
        day=date(2024, 1, 1),
        coins=tuple(_synthetic_coin(name, training, timeframe) for name in names),
        training=training,
        architecture=Architecture.of(training, timeframe=timeframe),
    )


def _synthetic_coin(coin: str, training: TrainingSettings, timeframe: Timeframe) -> CoinTask:
    candles_per_day = timeframe.candles_per_day
    history, horizon = HISTORY_DAYS * candles_per_day, training.horizon_candles(timeframe.seconds)
    num_rows = history + training.lookback_days * candles_per_day
    last_train = num_rows - training.validation_days * candles_per_day - horizon
    generator = np.random.default_rng([*coin.encode()])
    table = FeatureTable(
        open_time_ms=np.arange(num_rows, dtype=np.int64) * timeframe.ms,
        x=generator.standard_normal((num_rows, len(feature_names(timeframe))), dtype=np.float32),
        width=generator.standard_normal((num_rows, len(width_feature_names(timeframe))), dtype=np.float32),
        spread=np.full(num_rows, 0.01),
        volatility=np.full(num_rows, 0.01),
        close=np.full(num_rows, 100.0),
        usable=np.ones(num_rows, dtype=np.bool_),
        real=np.ones(num_rows, dtype=np.bool_),
    )
    return CoinTask(
        coin=coin,
        features=table,
        targets=generator.standard_normal(num_rows, dtype=np.float32),
        split=Split(
            train_index=np.arange(history, last_train),
            validation_index=np.arange(last_train + horizon + training.window_candles, num_rows),
        ),
        fingerprint=f"{int.from_bytes(coin.encode(), 'big'):064x}",
    )


def stored_cohort(settings: Settings, num_coins: int) -> CohortTask | None:
    """A full retrain of stored coins on the newest day that the first of them has; None where nothing can be fitted."""
    timeframe = parse_timeframe(settings.timeframe)
    with closing(open_database(settings)) as database:
        return _stored_cohort(
            CandleStore(build_store(settings), database, timeframe, SystemClock()), settings, num_coins
        )


def _stored_cohort(store: CandleStore, settings: Settings, num_coins: int) -> CohortTask | None:
    timeframe = store.timeframe
    universe = resolve_universe(settings)
    days = store.days_present(universe[0], _FIRST_DAY, newest_complete_day(SystemClock())) if universe else set()
    if not days:
        return None
    day = max(days)
    first = first_candle_day(day, settings.training)
    histories = store.histories(universe, first, day)
    lookback_days = settings.training.lookback_days
    eligible = [coin for coin in universe if explain(histories[coin], day, settings.market, lookback_days).eligible]
    if not eligible:
        return None
    candles = store.read_range(eligible[:num_coins], first, day)
    return CohortTask(
        day=day,
        coins=tuple(_stored_coin(coin, candles[coin], day, settings) for coin in eligible[:num_coins]),
        training=settings.training,
        architecture=Architecture.of(settings.training, timeframe=timeframe),
    )


def _stored_coin(coin: str, candles: Candles, day: date, settings: Settings) -> CoinTask:
    samples = samples_of(candles, day, settings.training, settings.market)
    return CoinTask(
        coin=coin,
        features=samples.features,
        targets=samples.targets,
        split=samples.split,
        fingerprint=candles.digest(),
    )
