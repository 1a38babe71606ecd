"""Tasks refuse what cannot be fitted; steps follow from time: a coarser timeframe has smaller batches, not fewer steps."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from coin_models.bench.synthetic import synthetic_cohort
from coin_models.features.splits import Split
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.tasks import CohortTask
from coin_models_tests.training import builders


def cohort(timeframe: str) -> CohortTask:
    return synthetic_cohort(TrainingSettings(lookback_days=90), 1, timeframe=parse_timeframe(timeframe))


@pytest.mark.parametrize(
    ("timeframe", "batch_size"), [("1m", 2560), ("5m", 512), ("15m", 171), ("30m", 85), ("1h", 43)]
)  # 512 x 5 minutes: 2,560 minutes of the market
def test_a_step_spans_the_same_time_at_every_timeframe(timeframe: str, batch_size: int) -> None:
    task = cohort(timeframe)

    assert task.batch_size == batch_size
    assert task.steps_per_epoch == 47  # 83 days x 1,440 minutes over 2,560, rounded up
    assert task.day == date(2024, 1, 1)


def test_a_cohort_does_not_mix_full_retrains_and_warm_starts() -> None:
    parent = {name: np.zeros(shape, np.float32) for name, shape in builders.architecture().parameter_shapes().items()}

    with pytest.raises(ValueError, match="with and without a parent"):
        builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB", parent=parent))


def test_a_coin_without_samples_or_with_unknown_targets_is_refused() -> None:
    good = builders.coin_task("AAA")
    empty = Split(train_index=np.empty(0, np.int64), validation_index=good.split.validation_index)
    unknown = Split(train_index=good.split.train_index, validation_index=np.array([239]))  # no target yet

    with pytest.raises(ValueError, match="AAA: no train samples"):
        replace(good, split=empty)
    with pytest.raises(ValueError, match="AAA: validation samples with an unknown target"):
        replace(good, split=unknown)


def test_a_cohort_names_each_coin_once() -> None:
    with pytest.raises(ValueError, match="names a coin twice: AAA, AAA"):
        builders.cohort(builders.coin_task("AAA"), builders.coin_task("AAA"))
