"""The schemas describe each field of an answer, and limit what comes in."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from coin_models.errors import CandlesTooOld
from coin_models.pipeline.forecast import CurrentForecast, CurrentForecasts
from coin_models.serving.schemas import MAX_CANDLES, CandlesBody, CoinFailure, ForecastAnswer, ForecastsAnswer
from coin_models_tests.pipeline.prepared_services import NOW, model_in_use
from coin_models_tests.registry import builders

ROW = (1_723_680_000_000.0, 100.0, 102.0, 99.0, 101.0, 10.0)


def test_every_field_of_an_answer_is_described() -> None:
    forecast = model_in_use().model.predict(builders.candles(1000))
    one = CurrentForecast(forecast=forecast, model_day=builders.DAY, asked_at=NOW)
    content = CurrentForecasts(forecasts={"BTC": one}, failures={"ETH": CandlesTooOld("old")}).to_json()

    answer = ForecastsAnswer.model_validate(content)

    assert set(ForecastAnswer.model_fields) == set(one.to_json())
    assert answer.forecasts[0].made_at == datetime(
        2024, 8, 18, 11, 20, tzinfo=UTC
    )  # 1,000 candles after the 15th began
    assert answer.failures == [CoinFailure(coin="ETH", error="old", is_stale=True)]


def test_more_candles_than_any_forecast_needs_are_refused() -> None:
    assert len(CandlesBody(candles=[ROW] * MAX_CANDLES).candles) == MAX_CANDLES
    with pytest.raises(ValidationError, match="at most 20000 items"):
        CandlesBody(candles=[ROW] * (MAX_CANDLES + 1))
