"""What decides a model's weights, and windows and quantiles that contradict themselves."""

import json

import pytest

from coin_models.settings.training import HARDWARE, TrainingSettings


def test_hardware_decides_no_weights_and_everything_else_does() -> None:
    plain = TrainingSettings()
    faster = TrainingSettings(cohort_size=3, num_threads=2, accelerator="cpu")

    assert faster.deciding() == plain.deciding()
    assert TrainingSettings(precision="bf16").deciding() != plain.deciding()
    named = TrainingSettings(features=("funding",), more_horizons_minutes=(15,)).deciding()
    assert set(TrainingSettings.model_fields) - set(named) == HARDWARE
    assert set(named) - set(plain.deciding()) == {
        "features",
        "more_horizons_minutes",
    }  # empty: as before there were any
    assert json.loads(json.dumps(plain.deciding())) == plain.deciding()


@pytest.mark.parametrize(("candle_seconds", "candles"), [(60, 60), (300, 12), (3600, 1)])
def test_the_horizon_is_counted_in_candles(candle_seconds: int, candles: int) -> None:
    assert TrainingSettings().horizon_candles(candle_seconds) == candles


@pytest.mark.parametrize("quantiles", [(0.5, 0.1, 0.9), (0.1, 0.5, 0.5, 0.9), (0.0, 0.5, 0.9), (0.1, 0.5, 1.0)])
def test_quantiles_ascend_between_zero_and_one(quantiles: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must be ascending, distinct and between 0 and 1"):
        TrainingSettings(quantiles=quantiles)


def test_the_median_is_among_the_quantiles() -> None:
    with pytest.raises(ValueError, match=r"must hold 0.5 and one on either side"):
        TrainingSettings(quantiles=(0.1, 0.9))


def test_further_horizons_are_no_other_setting_as_long_as_there_are_none() -> None:
    more = TrainingSettings(more_horizons_minutes=(15, 240))

    assert "more_horizons_minutes" not in TrainingSettings().deciding()
    assert more.deciding()["more_horizons_minutes"] == [15, 240]
    assert set(more.plugins) - set(TrainingSettings().plugins) == {("part", "horizons")}


@pytest.mark.parametrize(
    ("more", "message"),
    [((240, 15), "must ascend"), ((60,), "other than horizon_minutes"), ((6000,), "half of validation_days, 5040")],
)
def test_further_horizons_ascend_are_others_and_end_within_the_validation_days(
    more: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        TrainingSettings(more_horizons_minutes=more)


def test_further_horizons_need_a_reference() -> None:
    with pytest.raises(ValueError, match="lower network_share below 1"):
        TrainingSettings(more_horizons_minutes=(15,), network_share=1)
