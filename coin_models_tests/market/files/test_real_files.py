"""The real candles beside a checkout: flawed ones are read or refused as the table in `market.files.rows` says."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles
from coin_models.market.eligibility import Eligibility, explain
from coin_models.market.files.reading import read_candle_file as read_file
from coin_models.market.quality import assess_day
from coin_models.market.sources.files import FilesSource
from coin_models.market.timeframe import Timeframe, parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, clock_after, history_of_candles, shared_data

LIQUID = ("ATOM", "AVAX", "BTC", "DOGE", "ETH", "LINK", "LTC", "NEAR", "SOL", "XRP")


def read_candle_file(path: Path, coin: str, timeframe: Timeframe) -> Candles:
    return read_file(path, coin, timeframe, clock_after(date(2024, 9, 8)).now()).candles


def _flawed(name: str) -> Path:
    return shared_data() / "flawed" / name


def _five_minutes() -> FilesSource:
    return FilesSource(shared_data() / "candles_5m", "USDT", FIVE_MINUTES, clock_after(date(2024, 9, 8)))


def _verdict(coin: str, day: date, market: MarketSettings | None = None) -> Eligibility:
    candles = _five_minutes().fetch(coin, date(2024, 1, 1), day)
    return _explained(candles, day, market or MarketSettings())


def _explained(candles: Candles, day: date, market: MarketSettings) -> Eligibility:
    return explain(history_of_candles(candles, day - timedelta(days=89), day), day, market, 90)


def test_daily_candles_with_a_url_above_and_newest_first_are_read() -> None:
    candles = read_candle_file(_flawed("cdd_Binance_ADAUSDT_d.csv.gz"), "ADA", parse_timeframe("1d"))

    assert (len(candles), candles.days[0], candles.days[-1]) == (1165, date(2018, 4, 17), date(2021, 6, 24))
    assert candles.ohlcv[0].tolist() == [0.25551, 0.288, 0.23983, 0.2426, 67462293.24]


def test_hours_that_are_there_twice_with_differing_values_are_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"2054 candles are there twice.*line 6247.*line 6248"):
        read_candle_file(_flawed("cdd_Binance_BTCUSDT_1h.csv.gz"), "BTC", HOUR)


def test_a_first_hour_at_a_price_of_zero_is_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"line 45827 \(2015-10-08 13:00 UTC\): has a price of zero or less"):
        read_candle_file(_flawed("cdd_gemini_BTCUSD_1hr.csv.gz"), "BTC", HOUR)


def test_numbers_and_dates_that_a_spreadsheet_damaged_are_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"line 2: time '29-04-13 23:59'.*line 2: open '13.444.400.024.414.000'"):
        read_candle_file(_flawed("excel_corrupted_coin_Bitcoin.csv.gz"), "BTC", parse_timeframe("1d"))


def test_a_download_with_holes_is_read_and_its_holes_are_counted() -> None:
    candles = read_candle_file(_flawed("bittrex_5m_2021_BTC.parquet"), "BTC", FIVE_MINUTES)

    quality = [assess_day("BTC", candles, day, asked_from=candles.days[0]) for day in candles.days[1:-1]]

    span = (int(candles.open_time_ms[-1]) - int(candles.open_time_ms[0])) // FIVE_MINUTES.ms + 1
    assert len(candles) == 7865 < span
    assert sum(day.num_gaps for day in quality) > 0
    assert sum(day.num_zero_volume for day in quality) > 0.5 * sum(day.num_candles for day in quality)


def test_that_download_is_too_illiquid_to_train_on() -> None:
    candles = read_candle_file(_flawed("bittrex_5m_2021_BTC.parquet"), "BTC", FIVE_MINUTES)

    verdict = _explained(candles, candles.days[-2], MarketSettings(min_day_coverage=0.5, min_history_days=5))

    assert verdict.reason is not None
    assert verdict.reason.startswith("illiquid: no trade in")


def test_the_ten_liquid_coins_are_trained_and_a_coin_listed_four_months_before_too() -> None:
    verdicts = [_verdict(coin, DAY) for coin in (*LIQUID, "ENA")]

    assert [verdict.reason for verdict in verdicts if not verdict.eligible] == []


@pytest.mark.parametrize(
    ("coin", "reason"),
    [
        ("BIFI", "illiquid: median daily turnover 63"),
        ("ASR", "illiquid: median daily turnover"),
        ("EURI", "not listed"),
    ],
)
def test_thin_coins_and_those_not_listed_yet_are_not_trained(coin: str, reason: str) -> None:
    skip_reason = _verdict(coin, DAY).reason

    assert skip_reason is not None
    assert skip_reason.startswith(reason)


def test_a_coin_pegged_to_the_euro_is_a_stablecoin() -> None:
    skip_reason = _verdict("EURI", date(2024, 9, 5), MarketSettings(min_history_days=5)).reason

    assert skip_reason is not None
    assert skip_reason.startswith("stablecoin: median daily volatility 0.")


@pytest.mark.parametrize(("day", "eligible"), [(date(2024, 4, 25), False), (date(2024, 5, 10), True)])
def test_a_coin_listed_mid_period_is_trained_once_its_history_suffices(day: date, eligible: bool) -> None:
    assert _verdict("ENA", day).eligible is eligible  # listed on 2024-04-02 at 08:00


def test_a_listing_day_and_its_wicks_are_found() -> None:
    candles = _five_minutes().fetch("ENA", date(2024, 3, 30), date(2024, 4, 3))

    quality = assess_day("ENA", candles, date(2024, 4, 2), asked_from=date(2024, 3, 30))

    assert (quality.is_listing_day, quality.num_candles, quality.num_gaps) == (True, 192, 0)
    assert quality.num_wicks >= 1  # its first candle ranged over a factor of 2.8
    assert quality.problems[0] == "listing day: first candle 08:00 UTC"


def test_the_day_that_the_download_broke_off_in_is_too_thin() -> None:
    assert _verdict("BTC", date(2024, 9, 6)).reason == "thin day: 57 of 288 candles on 2024-09-06, 95% are needed"
