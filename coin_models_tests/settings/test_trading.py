"""The length of a pattern in candles."""

import pytest

from coin_models.settings.trading import TradingSettings


@pytest.mark.parametrize(("candle_seconds", "candles"), [(60, 240), (300, 48), (3600, 24), (14_400, 24)])
def test_a_pattern_spans_its_minutes_and_at_least_24_candles(candle_seconds: int, candles: int) -> None:
    assert TradingSettings().pattern_length_candles(candle_seconds) == candles
