"""The out-of-sample record: which forecasts are scored, by whom, and against what."""

from dataclasses import asdict, dataclass, field
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pytest

from coin_models.features.table import FeatureTable
from coin_models.market.timeframe import day_start_ms
from coin_models.trading.out_of_sample import OutOfSampleRecord, score_out_of_sample
from coin_models.trading.shadow_day import Members, ScoredDay, record_day
from coin_models_tests.trading.builders import DAY, LEVELS
from coin_models_tests.trading.shadow_days import HISTORY, MARKET, SHAPE

MINUTE_MS = 60_000


@dataclass
class Flat:
    """Forecasts the same quantiles everywhere, and remembers where it was asked."""

    quantiles: tuple[float, ...] = (-0.01, 0.0, 0.01)
    asked_ms: list[int] = field(default_factory=list)

    def log_returns(self, table: FeatureTable, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        self.asked_ms += [int(opened) for opened in table.open_time_ms[rows]]
        return np.tile(np.array(self.quantiles), (len(rows), 1))


def record(members: Members, before: Members | None) -> OutOfSampleRecord | None:
    return record_day(DAY, members, before, SHAPE, ScoredDay.of(HISTORY, DAY, MARKET))


def test_all_288_outcomes_of_the_day_are_scored() -> None:
    flat = Members(forecaster=Flat())

    scored = record(flat, flat)

    assert scored is not None
    assert scored.num_scored == 288


def test_the_last_hour_of_the_day_before_is_forecast_by_what_was_there_then() -> None:
    today, yesterday = Flat(), Flat()

    record(Members(forecaster=today), Members(forecaster=yesterday))

    midnight = day_start_ms(DAY)
    assert min(today.asked_ms) == midnight
    assert (min(yesterday.asked_ms), max(yesterday.asked_ms)) == (midnight - 60 * MINUTE_MS, midnight - 5 * MINUTE_MS)


def test_without_a_version_of_the_day_before_its_last_hour_is_not_scored() -> None:
    scored = record(Members(forecaster=Flat()), None)

    assert scored is not None
    assert scored.num_scored == 276


def test_the_reference_is_scored_on_the_same_rows_and_unknown_where_a_version_holds_none() -> None:
    both = Members(forecaster=Flat(), reference=Flat((-0.5, 0.0, 0.5)))

    with_it, without = record(both, both), record(both, Members(forecaster=Flat()))

    assert with_it is not None
    assert without is not None
    assert with_it.loss_reference is not None
    assert with_it.loss_reference > with_it.loss
    assert without.loss_reference is None


def test_a_day_without_an_outcome_has_no_record() -> None:
    gone = ScoredDay.of(HISTORY.slice_days(DAY - timedelta(days=7), DAY - timedelta(days=2)), DAY, MARKET)

    assert record_day(DAY, Members(forecaster=Flat()), None, SHAPE, gone) is None


def test_losses_and_tails_of_two_forecasts_by_hand() -> None:
    realised, scale = np.array([0.0, 0.03]), np.array([0.01, 0.01])
    forecast = np.array([[-0.01, 0.0, 0.01], [-0.01, 0.0, 0.01]])
    wide = 2 * forecast

    scored = score_out_of_sample(LEVELS, realised, scale, forecast, wide, None)

    # First: (0.1*0.01 + 0 + 0.1*0.01) / 3; second: (0.1*0.04 + 0.5*0.03 + 0.9*0.02) / 3; both over 0.01.
    assert scored is not None
    assert scored.loss == pytest.approx((0.002 + 0.037) / 3 / 0.01 / 2)
    assert (scored.below, scored.above) == (0.0, 0.5)
    assert (scored.lower_level, scored.upper_level) == (0.1, pytest.approx(0.1))


def test_a_record_is_read_back_from_json_and_older_rows_hold_none() -> None:
    flat = Members(forecaster=Flat())
    scored = record(flat, flat)

    assert scored is not None
    assert OutOfSampleRecord.of_json(asdict(scored)) == scored
    assert OutOfSampleRecord.of_json(None) is None
