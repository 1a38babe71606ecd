"""Scores of a frame of forecasts: those of the stored shadow days, and nothing of rows without an outcome."""

import numpy as np
import pandas as pd
import pytest

import coin_models
from coin_models.trading.history.scores import day_scores
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def frame(world: TradingWorld) -> pd.DataFrame:
    return coin_models.forecasts(challengers=True, settings=world.services.settings)


def test_they_are_those_of_the_stored_days(world: TradingWorld, frame: pd.DataFrame) -> None:
    ended = frame["valid_until"].dt.tz_localize(None) <= frame["day"] + pd.Timedelta("1D")

    scores = day_scores(frame[ended])

    rows = world.rows()["shadow_days"]
    assert len(scores) == len(rows) > 8
    for row in rows:
        mine = scores.loc[row["coin"], pd.Timestamp(row["day"]), row["role"]]
        assert mine["num_scored"] == row["num_scored"]
        assert mine["loss"] == pytest.approx(row["pinball_loss"], rel=1e-12)
        assert mine["loss_unconditional"] == pytest.approx(row["pinball_loss_unconditional"], rel=1e-12)
        assert mine["coverage"] == pytest.approx(row["coverage"], rel=1e-12)
        assert mine["nominal_coverage"] == pytest.approx(0.8)


def test_with_the_day_after_all_candles_of_a_day_are_scored(frame: pd.DataFrame) -> None:
    num_scored = day_scores(frame)["num_scored"].xs("champion", level="role")

    assert list(num_scored.loc["BTC"]) == [288, 288, 276]  # the last hour of the last day has no outcome yet


def test_rows_without_an_outcome_or_a_scale_do_not_count(frame: pd.DataFrame) -> None:
    cut = frame[frame["role"] == "champion"].copy()
    cut.iloc[:100, cut.columns.get_loc("realised")] = np.nan
    cut.iloc[100:150, cut.columns.get_loc("scale")] = 0.0

    assert day_scores(cut)["num_scored"].sum() == cut["realised"].notna().sum() - 50
