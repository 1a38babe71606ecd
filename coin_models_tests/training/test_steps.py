"""Steps follow from time: a coarser timeframe has smaller batches, not fewer steps."""

from datetime import date

import pytest

from coin_models.bench.synthetic import synthetic_cohort
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.tasks import CohortTask


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
