"""Forecasting with a stored model."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import log

import numpy as np
import pytest

from coin_models.errors import CandlesRejected, ModelOutdated, UsageError
from coin_models.features.table import build_features
from coin_models.market.candles import Candles
from coin_models.market.timeframe import parse_timeframe
from coin_models.models.network import forward
from coin_models.registry.forecast import LoadedModel
from coin_models.settings.market import MarketSettings
from coin_models_tests.registry import builders

NEEDED = 864 + 4  # three days of five minutes, and the window


@pytest.fixture
def model() -> LoadedModel:
    return LoadedModel(bundle=builders.bundle(), version_id="BTC-1")


def test_a_forecast_says_when_it_was_made_and_until_when_it_holds(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED)
    forecast = model.predict(candles)

    assert forecast.made_at == candles.last_close_time
    assert forecast.valid_until - forecast.made_at == timedelta(hours=1)  # 12 candles of 5 minutes
    assert forecast.price == candles.close[-1]


def test_a_forecast_in_prices_is_the_forecast_in_returns(model: LoadedModel) -> None:
    forecast = model.predict(builders.candles(NEEDED))

    assert list(forecast.prices) == [0.1, 0.5, 0.9]
    assert forecast.prices[0.1] < forecast.prices[0.5] < forecast.prices[0.9]
    for level, change in forecast.returns.items():
        assert forecast.prices[level] == pytest.approx(forecast.price * (1 + change), rel=1e-12)


def test_a_forecast_is_the_networks_output_times_the_horizons_volatility(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED)
    table = build_features(candles, MarketSettings())
    scaled = model.manifest.scaling.apply(table.x)
    window = scaled[-4:].reshape(1, -1)  # oldest candle first, its features together
    quantiles = forward(model.manifest.architecture, model.bundle.weights, window)[0]
    volatility = table.volatility[-1] * 12**0.5

    forecast = model.predict(candles)

    for level, quantile in zip((0.1, 0.5, 0.9), quantiles, strict=True):
        assert log(forecast.prices[level] / forecast.price) == pytest.approx(quantile * volatility, rel=1e-5)


def test_a_data_frame_and_candles_give_the_same_forecast(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED)

    assert model.predict(candles.to_frame()) == model.predict(candles)


def test_forecasts_of_many_rows_are_those_of_each_row_alone(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED + 20)
    table = model.features(candles)
    rows = np.arange(NEEDED - 1, NEEDED + 20)
    together = model.log_returns(table, rows)

    for row, quantiles in zip(rows[:3], together[:3], strict=True):
        cut = Candles(
            timeframe=candles.timeframe, open_time_ms=candles.open_time_ms[: row + 1], ohlcv=candles.ohlcv[: row + 1]
        )
        expected = [log(1 + change) for change in model.predict(cut).returns.values()]
        assert quantiles == pytest.approx(expected, rel=1e-4, abs=1e-9)


def test_the_forecast_of_each_candle_sees_no_later_one(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED + 20, missing=(NEEDED + 2,))
    whole = model.predict_each(candles)
    before = model.predict_each(candles.to_frame().iloc[: NEEDED + 10])

    assert list(whole.index) == list(candles.to_frame().index)
    assert list(whole.columns) == [0.1, 0.5, 0.9]
    assert whole.iloc[: NEEDED - 1].isna().all().all()
    assert whole.iloc[NEEDED + 5 :].notna().all().all()
    np.testing.assert_allclose(whole.iloc[: NEEDED + 10], before, rtol=1e-4, atol=1e-9)
    assert before.iloc[-1].to_list() == pytest.approx(
        list(model.predict(candles.to_frame().iloc[: NEEDED + 10]).returns.values()), rel=1e-4, abs=1e-9
    )


def test_a_history_is_each_forecast_as_a_log_return_with_when_it_was_made_and_what_followed(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED + 20)
    each = model.predict_each(candles).dropna()

    history = model.predict_history(candles)

    assert history.index.name == "made_at"
    assert list(history.index) == list(each.index + timedelta(minutes=5))
    assert set(history["valid_until"] - history.index) == {timedelta(hours=1)}
    np.testing.assert_allclose(np.expm1(history["quantile_0.9"]), each[0.9], rtol=1e-12)
    assert set(history["version_id"]) == {"BTC-1"}
    assert list(history["realised"].isna()) == [False] * (len(each) - 12) + [True] * 12
    assert history["realised"].iloc[0] == pytest.approx(log(candles.close[-len(each) + 12] / candles.close[-len(each)]))


def test_a_history_has_its_references_quantiles_where_there_is_one(model: LoadedModel) -> None:
    both = LoadedModel(bundle=builders.bundle(architecture=builders.referring_architecture()), version_id="BTC-2")
    alone = replace(both, only_reference=True)
    candles = builders.candles(NEEDED + 5)

    history = both.predict_history(candles)

    assert "reference_0.5" not in model.predict_history(candles)
    assert list(history["reference_0.1"]) == list(alone.predict_history(candles)["quantile_0.1"])


def test_a_history_leaves_out_candles_that_are_not_there(model: LoadedModel) -> None:
    candles = builders.candles(NEEDED + 40).to_frame()

    history = model.predict_history(candles.drop(candles.index[-20]))

    missing = candles.index[-20] + timedelta(minutes=5)
    assert missing not in history.index
    assert missing in model.predict_history(candles).index
    assert history["realised"].isna().sum() == 12 + 1  # that which would have ended there


def test_too_few_candles_are_refused_with_the_number_needed(model: LoadedModel) -> None:
    assert model.num_candles_needed == NEEDED
    with pytest.raises(UsageError, match=f"no forecast from these {NEEDED - 2} candles: {NEEDED} are needed"):
        model.predict(builders.candles(NEEDED - 2))


def test_a_long_gap_near_the_end_is_refused(model: LoadedModel) -> None:
    gap = tuple(range(NEEDED + 5, NEEDED + 15))

    with pytest.raises(UsageError, match="with no gap of more than 6"):
        model.predict(builders.candles(NEEDED + 20, missing=gap))


def test_candles_of_another_timeframe_are_refused(model: LoadedModel) -> None:
    hourly = parse_timeframe("1h")
    times = np.arange(10, dtype=np.int64) * hourly.ms

    with pytest.raises(UsageError, match="reads candles of 5m; found 10 of 1h"):
        model.predict(Candles(timeframe=hourly, open_time_ms=times, ohlcv=np.full((10, 5), 2.0)))


def test_no_candles_are_refused(model: LoadedModel) -> None:
    with pytest.raises(UsageError, match="found 0 of 5m"):
        model.predict(builders.candles(1).to_frame().iloc[:0])


def test_a_frame_without_a_column_is_refused(model: LoadedModel) -> None:
    with pytest.raises(CandlesRejected, match="volume"):
        model.predict(builders.candles(5).to_frame().drop(columns="volume"))


def test_a_model_of_other_features_is_refused() -> None:
    other = builders.architecture(feature_names=tuple(f"f{k}" for k in range(builders.architecture().num_features)))

    with pytest.raises(ModelOutdated, match="features that this code does not compute"):
        LoadedModel(bundle=builders.bundle(architecture=other), version_id="BTC-1")


def test_a_forecast_as_json_is_readable_by_others(model: LoadedModel) -> None:
    forecast = model.predict(builders.candles(NEEDED))
    content = json.loads(json.dumps(forecast.to_json()))

    assert content["coin"] == "BTC"
    assert datetime.fromisoformat(content["valid_until"]) == forecast.valid_until
    assert datetime.fromisoformat(content["made_at"]).tzinfo == UTC
    assert content["prices"]["0.9"] == forecast.prices[0.9]


def test_forecasting_imports_neither_torch_nor_dagster_nor_lightning() -> None:
    program = (
        "import sys, coin_models.registry.champion; "
        "print([name for name in ('torch', 'dagster', 'pytorch_lightning', 'boto3', 'ccxt') if name in sys.modules])"
    )
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert process.stdout.strip() == "[]"


def test_a_version_forecasts_each_of_its_horizons_until_its_own_moment() -> None:
    model = LoadedModel(bundle=builders.with_horizons(15, 240), version_id="BTC-1")
    candles = builders.candles(NEEDED)
    forecasts = {name: model.predict(candles, horizon=name) for name in ("15m", "1h", "4h")}

    assert forecasts["1h"] == model.predict(candles)
    ahead = {name: one.valid_until - one.made_at for name, one in forecasts.items()}
    assert ahead == {"15m": timedelta(minutes=15), "1h": timedelta(hours=1), "4h": timedelta(hours=4)}
    history = model.at("4h").predict_history(candles)
    assert np.log1p(forecasts["4h"].returns[0.9]) == pytest.approx(history["quantile_0.9"].iloc[-1], rel=1e-9)
    assert replace(model, only_reference=True).at("4h").forecaster == "reference"


def test_the_pool_refuses_a_further_horizon_and_forecasts_the_main_one() -> None:
    pooled = LoadedModel(bundle=builders.with_reference(network_share=0), version_id="pool-1", pooled_from=("ETH-1",))

    with pytest.raises(UsageError, match="BTC: the pool forecasts this coin, only 1h ahead"):
        pooled.at("4h")
    assert pooled.at("1h").bundle is pooled.bundle
