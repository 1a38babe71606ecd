"""The cohorts that the benchmark fits."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from coin_models.bench.synthetic import stored_cohort, synthetic_cohort
from coin_models.clock import FixedClock
from coin_models.db.opening import open_database
from coin_models.market.asking import Request
from coin_models.market.sources.demo import DemoSource
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import parse_timeframe
from coin_models.market.top_up import ensure
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.factory import build_store


def test_stored_candles_make_a_cohort_of_the_newest_day_and_none_where_there_are_none(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        universe=("BTC", "ETH"),
        market=MarketSettings(min_history_days=5),
        training=TrainingSettings(lookback_days=8, validation_days=2),
    )
    clock = FixedClock(datetime(2024, 6, 20, 12, tzinfo=UTC))
    timeframe = parse_timeframe("5m")
    before = stored_cohort(settings, 8)
    with closing(open_database(settings)) as database:
        store = CandleStore(build_store(settings), database, timeframe, clock)
        request = Request(first=date(2024, 6, 8), last=date(2024, 6, 18))
        assert len(list(ensure(DemoSource(7, timeframe, clock), store, settings.universe, request, clock))) == 2

    cohort = stored_cohort(settings, 8)

    assert before is None
    assert cohort is not None
    assert (cohort.day, [coin.coin for coin in cohort.coins]) == (date(2024, 6, 18), ["BTC", "ETH"])


SMALL = TrainingSettings(lookback_days=5, validation_days=2, window_candles=4, horizon_minutes=120)


def test_synthetic_coins_have_the_rows_of_the_days_before_their_fit() -> None:
    cohort = synthetic_cohort(SMALL, 2, timeframe=parse_timeframe("1h"))
    coin = cohort.coins[0]

    # Three days of history and five of lookback, 24 candles each: 192 rows. Two days are held out: 144 on.
    assert len(coin.features) == 192
    assert (coin.split.train_index[0], coin.split.train_index[-1]) == (72, 192 - 48 - 2 - 1)
    # The first whole window after the last train target: two hours of horizon, four of window.
    assert coin.split.validation_index.tolist() == list(range(142 + 2 + 4, 192))


def test_synthetic_coins_differ_from_each_other_and_are_the_same_each_time() -> None:
    first, second = (synthetic_cohort(SMALL, 2, timeframe=parse_timeframe("1h")).coins for _ in range(2))

    assert [coin.coin for coin in first] == ["C0", "C1"]
    assert np.array_equal(first[0].features.x, second[0].features.x)
    assert not np.array_equal(first[0].features.x, first[1].features.x)
