"""The frame of recorded forecasts: who forecast what and when, and that its scores are those of the stored days."""

import logging
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import delete

import coin_models
from coin_models.db.trading_schema import forecast_days
from coin_models.errors import ObjectDamaged, RegistryError, UsageError
from coin_models.trading.history.frames import read_frames, select
from coin_models.trading.history.index import ForecastIndex
from coin_models_tests.pipeline.trading_days import TradingWorld

HOUR, CANDLE = pd.Timedelta("1h"), pd.Timedelta("5min")


@pytest.fixture(scope="module")
def frame(world: TradingWorld) -> pd.DataFrame:
    """Every row of every coin."""
    return coin_models.forecasts(challengers=True, settings=world.services.settings)


def test_no_row_is_by_a_version_of_its_own_day_or_later(world: TradingWorld, frame: pd.DataFrame) -> None:
    days = {version.id: pd.Timestamp(version.day) for version in world.services.registry.versions()}

    assert (frame["version_day"] == frame["version_id"].map(days)).all()
    assert (frame["version_day"] < frame["day"]).all()
    assert (frame.index.tz_localize(None) > frame["version_day"] + pd.Timedelta("1D")).all()


def test_each_candle_of_a_day_was_forecast_by_one_champion_or_reference(frame: pd.DataFrame) -> None:
    by = frame[frame["role"] != "challenger"].groupby(["coin", "day"])["role"].agg(["nunique", "first", "size"])

    assert (by["nunique"] == 1).all()
    assert (by["size"] == 288).all()
    assert list(by["first"].loc["BTC"]) == ["reference", "champion", "champion", "champion"]


def test_the_scores_of_the_stored_days_are_recomputed_from_the_frame(world: TradingWorld, frame: pd.DataFrame) -> None:
    levels = [0.1, 0.5, 0.9]

    def loss(prefix: str) -> pd.Series:
        errors = [frame["realised"] - frame[f"{prefix}_{level}"] for level in levels]
        parts = [np.maximum(q * error, (q - 1) * error) for q, error in zip(levels, errors, strict=True)]
        return pd.concat(parts, axis=1).mean(axis=1) / frame["scale"]

    inside = frame["realised"].between(frame["quantile_0.1"], frame["quantile_0.9"])
    scores = frame.assign(loss=loss("quantile"), base=loss("unconditional"), inside=inside)
    within_the_day = frame["valid_until"].dt.tz_localize(None) <= frame["day"] + pd.Timedelta("1D")
    by_day = scores[within_the_day].groupby(["coin", "day", "role"])
    means = by_day[["loss", "base", "inside"]].mean().assign(num=by_day.size())

    rows = world.rows()["shadow_days"]
    assert len(rows) == len(means) > 8
    for row in rows:
        mine = means.loc[row["coin"], pd.Timestamp(row["day"]), row["role"]]
        assert mine["num"] == row["num_scored"]
        assert mine["loss"] == pytest.approx(row["pinball_loss"], rel=1e-12)
        assert mine["base"] == pytest.approx(row["pinball_loss_unconditional"], rel=1e-12)
        assert mine["inside"] == row["coverage"]


def test_realised_is_the_return_of_the_candles_over_the_horizon(world: TradingWorld, frame: pd.DataFrame) -> None:
    close = coin_models.load_candles("ETH", settings=world.services.settings)["close"]
    of_coin = frame[(frame["coin"] == "ETH") & (frame["role"] != "challenger")]

    at_start = close.reindex(of_coin.index - CANDLE).to_numpy()
    at_end = close.reindex(pd.DatetimeIndex(of_coin["valid_until"]) - CANDLE).to_numpy()

    # The last hour of the last day ends in the day after, which was not traded.
    assert of_coin["realised"].isna().sum() == 12
    assert of_coin["realised"].iloc[:-12].notna().all()
    np.testing.assert_allclose(of_coin["realised"], np.log(at_end / at_start), rtol=1e-9)


def test_a_forecast_that_ends_on_the_next_day_has_its_outcome_from_there(
    world: TradingWorld, frame: pd.DataFrame
) -> None:
    one = coin_models.forecasts("BTC", world.days[0], world.days[0], settings=world.services.settings)
    whole = frame[(frame["coin"] == "BTC") & (frame["day"] == one["day"].iloc[0]) & (frame["role"] == "reference")]

    assert one["realised"].notna().all()
    pd.testing.assert_frame_equal(one, whole)


def test_the_quantiles_are_those_of_the_version_at_that_candle(world: TradingWorld, frame: pd.DataFrame) -> None:
    day = pd.Timestamp(world.days[2])
    rows = frame[(frame["coin"] == "BTC") & (frame["day"] == day) & (frame["role"] == "champion")]
    model = world.services.registry.load(world.services.registry.version(rows["version_id"].iloc[0]))
    candles = coin_models.load_candles("BTC", settings=world.services.settings)

    history = model.predict_history(candles)
    again = history[history["day"] == day]

    assert len(again) == 288
    assert set(again.columns) < set(rows.columns)
    pd.testing.assert_frame_equal(again, rows[again.columns], rtol=1e-5)


def test_a_reference_forecasts_as_its_own_reference(frame: pd.DataFrame) -> None:
    own, others = frame[frame["role"] == "reference"], frame[frame["role"] == "challenger"]
    joined = own.merge(others, on=["made_at", "coin", "version_id"])

    assert (own["quantile_0.9"] == own["reference_0.9"]).all()
    assert len(joined) == len(own)
    assert (joined["reference_0.9_x"] == joined["reference_0.9_y"]).all()
    assert (others["quantile_0.9"] != others["reference_0.9"]).all()


def test_the_frame_is_coin_by_coin_and_ascends(frame: pd.DataFrame) -> None:
    assert list(frame["coin"].unique()) == ["BTC", "ETH"]
    assert all(rows.index.is_monotonic_increasing for _, rows in frame.groupby("coin"))
    assert frame.index.name == "made_at"
    assert str(frame.index.tz) == "UTC"
    assert (frame["valid_until"] - frame.index == HOUR).all()


def test_what_is_not_recorded_is_refused_in_a_sentence(world: TradingWorld, index: ForecastIndex) -> None:
    after = world.days[-1] + timedelta(days=1)
    with pytest.raises(RegistryError, match=f"no forecasts of any coin are recorded from {after} to {after}"):
        select(index, None, after, after)
    with pytest.raises(RegistryError, match="no forecasts of SOL are recorded yet: `coin-models status`"):
        select(index, ["BTC", "SOL"])
    with pytest.raises(UsageError, match="is after the last one"):
        select(index, None, after, world.days[0])


def test_days_that_were_traded_before_are_named(
    tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    world = TradingWorld(tmp_path_factory.mktemp("earlier") / "home", num_days=2)
    for day in world.days:
        world.trade(day)
    with world.services.database.begin() as connection:
        connection.execute(delete(forecast_days).where(forecast_days.c.day == world.days[0]))

    with caplog.at_level(logging.WARNING):
        frame = coin_models.forecasts(["btc"], settings=world.services.settings)

    assert frame["day"].unique().tolist() == [pd.Timestamp(world.days[1])]
    assert "1 coin-day(s) from 2024-08-10 to 2024-08-10 were traded before forecasts were recorded" in caplog.text
    assert "`coin-models forecasts record --from 2024-08-10 --to 2024-08-10` records them" in caplog.text
    with pytest.raises(RegistryError, match=r"from 2024-08-10 to 2024-08-10: 1 coin-day.* records them"):
        select(world.services.forecasts, None, world.days[0], world.days[0])
    world.services.close()


def test_an_object_that_is_gone_is_named_with_what_to_do(tmp_path_factory: pytest.TempPathFactory) -> None:
    world = TradingWorld(tmp_path_factory.mktemp("gone") / "home", num_days=1)
    world.trade(world.days[0])
    (info,) = world.services.store.list("forecasts/")
    world.services.store.delete(info.key)

    with pytest.raises(ObjectDamaged, match=r"is not in .*; `coin-models forecasts record --again --from 2024-08-10"):
        list(read_frames(world.services.forecasts, select(world.services.forecasts)))
    world.services.close()
