"""Values of a nightly run: work, saves, waits, prices."""

import math
from dataclasses import replace

import numpy as np
import pytest

from coin_models.costs.interrupted_runs.job import MachinePrices, NightlyRun
from coin_models_tests.costs.builders import job


def test_a_switch_without_a_deadline_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a deadline"):
        NightlyRun(start_hour=2.0, switches=True)


def test_work_that_takes_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="work_seconds"):
        replace(job(), work_seconds=0.0)


def test_checkpoints_stretch_the_work_by_their_share_of_it() -> None:
    saved = job(work_seconds=5900.0, checkpoint_seconds=10.0, checkpoint_interval_seconds=590.0)

    # 10 s after each 590 s of work: segments of 600 s, and 5900 s of work take 6000 s
    assert saved.segment_hours == pytest.approx(600 / 3600)
    assert saved.productive_hours().tolist() == pytest.approx([6000 / 3600])


def test_a_job_that_is_never_saved_is_one_endless_segment() -> None:
    unsaved = job(checkpoint_interval_seconds=math.inf)

    assert (unsaved.slowdown, unsaved.segment_hours) == (1.0, math.inf)


def test_work_without_a_spread_has_one_length_at_every_probability() -> None:
    assert job(work_seconds=7200.0).work_quantile_seconds(np.array([0.05, 0.95])).tolist() == [7200.0, 7200.0]


def test_the_median_of_spread_work_is_below_its_mean_and_the_mean_stays() -> None:
    spread = job(work_seconds=3600.0, work_spread=0.5, checkpoint_seconds=0.0)

    # log-normal: the median is the mean over sqrt(1 + 0.5 squared)
    assert spread.work_quantile_seconds(np.array([0.5])).tolist() == pytest.approx([3600 / math.sqrt(1.25)])
    assert spread.productive_hours().mean() == pytest.approx(1.0)


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(ValueError, match="a price cannot be negative"):
        MachinePrices(spot_usd_per_hour=-0.1, on_demand_usd_per_hour=0.6)
