"""Timeframes: settings in minutes, former names in candles, and refused combinations."""

from pathlib import Path

import pytest

from coin_models.settings.load import load_settings
from coin_models.settings.timeframes import MIN_PAIRED_BLOCKS, SECONDS
from coin_models.trading.significance import MIN_BLOCKS
from coin_models_tests.settings.environments import environment, refusal

TIMEFRAME, HORIZON = "COIN_MODELS_TIMEFRAME", "COIN_MODELS_TRAINING_HORIZON_MINUTES"


@pytest.mark.parametrize(("timeframe", "horizon", "pattern", "fill"), [("5m", 12, 48, 6), ("1h", 1, 24, 0)])
def test_defaults_are_of_time_and_the_candles_follow(
    tmp_path: Path, timeframe: str, horizon: int, pattern: int, fill: int
) -> None:
    with environment(tmp_path, {TIMEFRAME: timeframe}):
        settings = load_settings()
    seconds = SECONDS[timeframe]

    assert settings.training.horizon_candles(seconds) == horizon
    assert settings.trading.pattern_length_candles(seconds) == pattern  # of an hour at least 24
    assert settings.market.max_fill_candles(seconds) == fill


@pytest.mark.parametrize(("timeframe", "minutes"), [("5m", 60), ("15m", 180), ("1m", 12)])
def test_a_horizon_in_candles_goes_on_working_whatever_the_timeframe(
    tmp_path: Path, timeframe: str, minutes: int
) -> None:
    with environment(tmp_path, {TIMEFRAME: timeframe, "COIN_MODELS_TRAINING_HORIZON_CANDLES": "12"}):
        settings = load_settings()

    assert settings.training.horizon_minutes == minutes


def test_a_length_in_candles_in_the_file_is_read_with_the_timeframe_of_the_environment(tmp_path: Path) -> None:
    file = "[market]\nmax_fill_candles = 2\n[trading]\npattern_length_candles = 30\n"
    with environment(tmp_path, {TIMEFRAME: "1h"}, file):
        settings = load_settings()

    assert (settings.market.max_fill_minutes, settings.trading.pattern_length_minutes) == (120, 1800)


def test_a_number_of_candles_that_is_no_number_is_refused_under_the_new_name(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_TRAINING_HORIZON_CANDLES": "many"})

    assert "training.horizon_minutes: Input should be a valid integer" in message


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({TIMEFRAME: "4h", HORIZON: "240"}, "83 days to fit hold 498 candles, 900 are needed"),
        ({TIMEFRAME: "4h", HORIZON: "240"}, "raise training.lookback_days to 157, or use a shorter timeframe"),
        ({TIMEFRAME: "4h"}, "horizon_minutes (60) is not a whole number of 4h candles; give a multiple of 240"),
        ({HORIZON: "62"}, "horizon_minutes (62) is not a whole number of 5m candles; give a multiple of 5"),
        ({TIMEFRAME: "1h", HORIZON: "1440"}, "3 trial day(s) hold 0 whole horizons, 12 are needed"),
        ({TIMEFRAME: "1h", HORIZON: "360"}, "3 trial day(s) hold 9 whole horizons, 12 are needed"),
    ],
)
def test_what_cannot_be_sound_is_refused_with_the_reason(tmp_path: Path, variables: dict[str, str], words: str) -> None:
    assert words in refusal(tmp_path, variables)


@pytest.mark.parametrize("timeframe", ["1m", "5m", "15m", "30m", "1h"])
def test_every_timeframe_up_to_an_hour_is_sound_with_the_defaults(tmp_path: Path, timeframe: str) -> None:
    with environment(tmp_path, {TIMEFRAME: timeframe}):
        assert load_settings().timeframe == timeframe


def test_candles_of_four_hours_are_sound_with_a_longer_lookback(tmp_path: Path) -> None:
    variables = {TIMEFRAME: "4h", HORIZON: "240", "COIN_MODELS_TRAINING_LOOKBACK_DAYS": "157"}
    with environment(tmp_path, variables):
        assert load_settings().training.lookback_days == 157


def test_the_rule_counts_the_blocks_that_the_comparison_needs() -> None:
    assert MIN_PAIRED_BLOCKS == MIN_BLOCKS
