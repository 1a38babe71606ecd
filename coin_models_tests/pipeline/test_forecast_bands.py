"""The band of a coin is what its recorded forecasts say, one per horizon."""

from collections.abc import Iterator

import numpy as np
import pytest

from coin_models.pipeline.forecast_bands import band_of, read_band
from coin_models.trading.history.frames import read_frames, select
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path_factory.mktemp("bands") / "home", num_days=2, coins=("BTC", "ETH"), crowns=False)
    for day in made.days:
        made.trade(day)
    yield made
    made.services.close()


def test_each_hour_of_the_days_is_a_point_with_the_numbers_of_the_record(world: TradingWorld) -> None:
    band = read_band(world.services, "BTC")
    frame = next(read_frames(world.services.forecasts, select(world.services.forecasts, ["BTC"])))

    assert band is not None
    assert (band.coin, band.nominal) == ("BTC", 0.8)
    hours = frame[frame.index.minute == 0]
    assert [point.made_at for point in band.points] == [made_at.to_pydatetime() for made_at in hours.index]
    assert [point.low for point in band.points] == pytest.approx(np.expm1(hours["quantile_0.1"]).tolist())
    assert [point.high for point in band.points] == pytest.approx(np.expm1(hours["quantile_0.9"]).tolist())
    finite = hours["realised"].dropna()
    assert [point.realised for point in band.points if point.realised is not None] == pytest.approx(
        np.expm1(finite).tolist()
    )
    assert len(list(band.stretches())) == 1


def test_fewer_days_are_the_last_ones(world: TradingWorld) -> None:
    band, all_days = read_band(world.services, "BTC", num_days=1), read_band(world.services, "BTC")

    assert band is not None
    assert all_days is not None
    assert band.points == all_days.points[-len(band.points) :]
    assert 20 < len(band.points) < len(all_days.points)


def test_a_coin_without_a_record_or_an_interval_has_none(world: TradingWorld) -> None:
    frame = next(read_frames(world.services.forecasts, select(world.services.forecasts, ["BTC"])))

    assert read_band(world.services, "SOL") is None
    assert band_of(frame.drop(columns=["quantile_0.1", "quantile_0.9"])) is None
