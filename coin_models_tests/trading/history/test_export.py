"""An exported file is the frame, to the last bit, and is whole or absent."""

import io
from pathlib import Path

import pandas as pd
import pytest

import coin_models
from coin_models.trading.history.export import write_csv, write_parquet
from coin_models.trading.history.frames import select
from coin_models.trading.history.index import ForecastIndex
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def frame(world: TradingWorld) -> pd.DataFrame:
    return coin_models.forecasts(settings=world.services.settings)


def test_parquet_gives_the_frame_back_with_its_index(index: ForecastIndex, frame: pd.DataFrame, tmp_path: Path) -> None:
    steps: list[tuple[int, int]] = []

    num = write_parquet(index, select(index), tmp_path / "f.parquet", lambda *step: steps.append(step))
    read = pd.read_parquet(tmp_path / "f.parquet")

    assert num == len(frame)
    assert steps == [(1, 2), (2, 2)]
    dates = {"day": "datetime64[ms]", "version_day": "datetime64[ms]"}
    pd.testing.assert_frame_equal(read.astype(dates), frame, check_freq=False)


def test_csv_gives_every_number_back(index: ForecastIndex, frame: pd.DataFrame) -> None:
    stream = io.StringIO()

    write_csv(index, select(index), stream, lambda *_: None)
    text = stream.getvalue()
    read = pd.read_csv(io.StringIO(text), index_col="made_at")

    numbers = frame.select_dtypes("float64").columns
    assert text.count("made_at") == 1
    assert (read[numbers].to_numpy() == frame[numbers].to_numpy())[frame[numbers].notna().to_numpy()].all()
    assert list(pd.to_datetime(read.index)) == list(frame.index)
    assert read["day"].iloc[0] == "2024-08-10"
