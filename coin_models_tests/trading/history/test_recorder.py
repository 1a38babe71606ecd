"""The recorder keeps what a forecaster answered: the first answer of each row, of the candles that are wanted."""

from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from coin_models.features.table import FeatureTable
from coin_models.trading.candidates import TradableModel
from coin_models.trading.history.recorder import ForecastRecorder, RecordedForecaster
from coin_models.trading.shadow_day import ForecastShape
from coin_models.trading.trades import Role

SHAPE = ForecastShape(levels=(0.1, 0.5, 0.9), horizon=12, window=4)


class Counting:
    """Answers with how often it was called, and the row."""

    def __init__(self) -> None:
        self.calls = 0

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        self.calls += 1
        return np.stack([np.full(len(rows), self.calls), rows, rows + 1.0], axis=1)


def table(num: int = 6) -> FeatureTable:
    """Only the times matter."""
    values: dict[str, Any] = {name: np.zeros(num) for name in FeatureTable.__dataclass_fields__}
    return FeatureTable(**{**values, "open_time_ms": np.arange(num) * 300_000})


def times(*rows: int) -> npt.NDArray[np.int64]:
    return np.array(rows, np.int64) * 300_000


def test_the_answer_is_passed_on_and_kept() -> None:
    recorded = RecordedForecaster(Counting())

    returns = recorded.log_returns(table(), np.array([4, 2]))
    rows, kept = recorded.forecasts_at(times(1, 2, 3, 4))

    assert returns.tolist() == [[1, 4, 5], [1, 2, 3]]
    assert rows.tolist() == [2, 4]
    assert kept.tolist() == [[1, 2, 3], [1, 4, 5]]


def test_of_two_answers_for_a_row_the_first_counts() -> None:
    recorded = RecordedForecaster(Counting())
    for rows in ([2, 3], [3, 5]):
        recorded.log_returns(table(), np.array(rows))

    rows, kept = recorded.forecasts_at(times(3, 5))

    assert kept[:, 0].tolist() == [1, 2]


def test_without_a_request_nothing_is_kept() -> None:
    rows, kept = RecordedForecaster(Counting()).forecasts_at(times(1))

    assert (len(rows), len(kept)) == (0, 0)


def test_a_loaded_version_is_recorded_by_role() -> None:
    forecaster, reference = Counting(), Counting()
    model = TradableModel(forecaster=forecaster, shape=SHAPE, weights={}, reference=reference)
    recorder = ForecastRecorder({"a": model, "b": replace(model, reference=None)}.__getitem__)

    loaded, alone = recorder.load("a"), recorder.load("b")

    assert recorder["a"].of(Role.CHAMPION) is loaded.forecaster
    assert recorder["a"].of(Role.CHALLENGER) is loaded.forecaster
    assert recorder["a"].of(Role.REFERENCE) is loaded.reference
    assert cast("RecordedForecaster", loaded.reference).forecaster is reference
    assert (alone.reference, recorder["b"].of(Role.REFERENCE)) == (None, None)
