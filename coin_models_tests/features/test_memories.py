"""Memories by time: candles of five minutes have the features they always had; coarser candles have fewer, not other ones."""

import hashlib
from datetime import UTC, date, datetime

import numpy as np
import pytest

from coin_models.clock import FixedClock
from coin_models.features.memories import HISTORY_DAYS, Memories
from coin_models.features.table import build_features, build_targets, fast_feature_names, feature_names
from coin_models.market.candles import Candles
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.market import MarketSettings

TIMEFRAMES = ("1m", "5m", "15m", "30m", "1h", "4h")
FIRST, LAST = date(2024, 8, 10), date(2024, 8, 15)


def demo_days(timeframe: str) -> Candles:
    """Six days of the demo market's BTC with a short and a long gap."""
    clock = FixedClock(datetime(2024, 9, 1, tzinfo=UTC))
    whole = DemoSource(7, parse_timeframe(timeframe), clock).fetch("BTC", FIRST, LAST)
    keep = np.ones(len(whole), dtype=bool)
    keep[1200:1204] = keep[1400:1410] = False
    return Candles(timeframe=whole.timeframe, open_time_ms=whole.open_time_ms[keep], ohlcv=whole.ohlcv[keep])


def digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()


def test_candles_of_five_minutes_have_the_features_of_version_0_1_bit_for_bit() -> None:
    table = build_features(demo_days("5m"), MarketSettings())

    # Written by the code of commit 8e8c51b, as float32: a libm that differs in the last bit of float64 gives the same.
    assert digest(table.x) == "15d5b2e31a49afc2999fcebef57062bf18584125b85e46c756bf50235b5d828d"
    assert digest(table.volatility.astype(np.float32)) == (
        "2055d458c030ae2915f6241ff7e764baac5cbcf76c26552365c1794c1934a677"
    )
    assert digest(build_targets(table, 12)) == "10bec3eae27c3761a0decb238e3b7641ff234073cd75d5add0772b9e92f091ad"
    assert digest(table.usable) == "5f38ee637becb991441068c0032f6ba34261484fb6c4a07b93befa8b14b7cef5"


def test_the_names_of_five_minutes_are_those_of_version_0_1() -> None:
    names = feature_names(parse_timeframe("5m"))

    assert names[:5] == ("momentum_2", "momentum_5", "momentum_12", "momentum_36", "momentum_mean_288")
    assert names[5:11] == ("range_1", "range_3", "range_12", "range_72", "range_mean_288", "range_mean_864")
    assert names[11:14] == ("volume", "volume_12", "volume_72")
    assert (len(names), names[-1]) == (27, "filled_12")
    assert fast_feature_names(parse_timeframe("5m")) == (
        "momentum_2", "momentum_5", "momentum_12", "range_1", "range_3", "range_12", "volume", "filled_12",
    )  # fmt: skip


def test_an_hour_is_an_hour_in_candles_of_an_hour() -> None:
    memories = Memories.of(3600)

    assert (memories.momentum, memories.momentum_mean) == ((1, 3), 24)  # 10 and 25 minutes are less than a candle
    assert (memories.ranges, memories.range_means) == ((1, 6), (24, 72))
    assert (memories.volumes, memories.settle, memories.history) == ((1, 6), 3, 72)
    assert (memories.volatility, memories.volatility_mean) == ((1, 3), 24)


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_timeframe_has_distinct_names_and_three_days_of_history(timeframe: str) -> None:
    length = parse_timeframe(timeframe)
    names = feature_names(length)

    assert len(set(names)) == len(names)
    assert set(fast_feature_names(length)) <= set(names)
    assert Memories.of(length.seconds).history == HISTORY_DAYS * length.candles_per_day


@pytest.mark.parametrize("timeframe", TIMEFRAMES)
def test_every_timeframe_has_a_table_of_finite_features(timeframe: str) -> None:
    length = parse_timeframe(timeframe)
    candles = DemoSource(7, length, FixedClock(datetime(2024, 9, 1, tzinfo=UTC))).fetch("BTC", FIRST, LAST)

    table = build_features(candles, MarketSettings())

    assert table.x.shape == (6 * length.candles_per_day, len(feature_names(length)))
    assert np.isfinite(table.x).all()
    assert np.flatnonzero(table.usable)[0] == HISTORY_DAYS * length.candles_per_day
