import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.errors import SourceRefused
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.universe import Eligibility, assess_eligibility, daily_volatility, resolve_universe
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models_tests.market.builders import DAY, walk, without

MARKET = MarketSettings(
    min_day_coverage=0.9,
    min_history_days=5,
    max_zero_volume_share=0.2,
    min_daily_turnover=1e6,
    min_daily_volatility=0.006,
)
FIRST = DAY - timedelta(days=9)
GOOD = walk(10, first=FIRST)  # hourly, ends with DAY, turns over about 1e5 coins x 100 a day


def _assess(candles: Candles, day: date = DAY) -> Eligibility:
    return assess_eligibility("BTC", candles, day, MARKET, lookback_days=10)


def _scaled_volume(factor: float, rows: slice = slice(None)) -> Candles:
    ohlcv = np.array(GOOD.ohlcv)
    ohlcv[rows, 4] *= factor
    return Candles(timeframe=GOOD.timeframe, open_time_ms=GOOD.open_time_ms, ohlcv=ohlcv)


def test_a_liquid_coin_with_a_whole_history_is_trained() -> None:
    assert _assess(GOOD) == Eligibility(coin="BTC", eligible=True)


def test_a_coin_without_candles_is_not_listed() -> None:
    assert _assess(empty_candles(GOOD.timeframe)).reason == "not listed: no candle up to the end of 2024-08-15"


def test_candles_after_the_day_do_not_make_a_coin_listed() -> None:
    assert _assess(GOOD, FIRST - timedelta(days=1)).reason == "not listed: no candle up to the end of 2024-08-05"


def test_a_day_with_too_few_candles_is_not_trained_on() -> None:
    eligibility = _assess(without(GOOD, slice(-3, None)))  # 21 of 24 is 0.875

    assert eligibility.reason == "thin day: 21 of 24 candles on 2024-08-15, 90% are needed"


def test_a_day_with_just_enough_candles_is_trained_on() -> None:
    assert _assess(without(GOOD, slice(-2, None))).eligible  # 22 of 24 is 0.917


def test_a_coin_listed_within_the_lookback_is_trained_once_it_has_the_days() -> None:
    four_days, five_days = walk(4, first=DAY - timedelta(days=3)), walk(5, first=DAY - timedelta(days=4))

    assert _assess(four_days).reason == "short history: 4 days with enough candles, 5 are needed"
    assert _assess(five_days).eligible


def test_days_with_holes_do_not_count_as_history() -> None:
    holes = [day * 24 + hour for day in range(6) for hour in (1, 2, 3)]  # six of ten days at 21 of 24

    assert _assess(without(GOOD, holes)).reason == "short history: 4 days with enough candles, 5 are needed"


def test_history_before_the_lookback_does_not_count() -> None:
    candles = without(walk(30, first=DAY - timedelta(days=29)), slice(20 * 24, 29 * 24))

    assert _assess(candles).reason == "short history: 1 days with enough candles, 5 are needed"


def test_a_stablecoin_is_told_by_its_volatility() -> None:
    reason = _assess(walk(10, first=FIRST, volatility=0.001)).reason

    assert reason is not None
    assert reason.startswith("stablecoin: daily volatility 0.1")


def test_one_wick_does_not_turn_a_stablecoin_into_a_coin() -> None:
    pegged = walk(10, first=FIRST, volatility=0.001)
    ohlcv = np.array(pegged.ohlcv)
    ohlcv[100] = [100, 150, 100, 150, 10]
    wicked = Candles(timeframe=pegged.timeframe, open_time_ms=pegged.open_time_ms, ohlcv=ohlcv)

    assert daily_volatility(wicked) < 0.006
    assert not _assess(wicked).eligible


def test_a_coin_that_hardly_trades_is_illiquid() -> None:
    reason = _assess(_scaled_volume(0.0, slice(0, 72))).reason  # 72 of 240 hours is 30 %

    assert reason == "illiquid: no trade in 30% of the candles, at most 20% are allowed"


def test_a_coin_with_little_turnover_is_illiquid() -> None:
    reason = _assess(_scaled_volume(0.01)).reason  # about 1e7 a day becomes 1e5

    assert reason is not None
    assert reason.startswith("illiquid: median daily turnover")


def test_a_verdict_without_its_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Eligibility(coin="BTC", eligible=False)


def test_the_universe_is_what_the_settings_name_in_their_order() -> None:
    assert resolve_universe(Settings(universe=("SOL", "BTC"))) == ("SOL", "BTC")


def test_the_demo_market_has_twenty_coins() -> None:
    coins = resolve_universe(Settings(source="demo"))

    assert (len(coins), len(set(coins)), coins[0]) == (20, 20, "BTC")


def test_a_folder_lists_the_coins_of_its_files(tmp_path: Path) -> None:
    for name in ("SOL_USDT.csv", "BTC_USDT.parquet", "eth_usdt.csv.gz", "ADA_EUR.csv", "notes.txt", "BTC-USDT.json"):
        (tmp_path / name).touch()

    coins = resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path)))

    assert coins == ("BTC", "ETH", "SOL")


def test_two_files_of_one_coin_are_refused(tmp_path: Path) -> None:
    (tmp_path / "BTC_USDT.csv").touch()
    (tmp_path / "BTC_USDT.parquet").touch()

    with pytest.raises(SourceRefused, match=r"two files of BTC: BTC_USDT.csv and BTC_USDT.parquet"):
        resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path)))


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_a_folder_that_is_not_there_or_holds_no_candles_is_refused(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SourceRefused, match="candle file"):
        resolve_universe(Settings(source="files", market=MarketSettings(files_path=tmp_path / folder)))


def test_listing_coins_imports_nothing_heavy() -> None:
    code = (
        "import sys; from coin_models.market.universe import resolve_universe; "
        "print([m for m in ('pandas', 'pyarrow', 'ccxt', 'scipy', 'torch') if m in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
