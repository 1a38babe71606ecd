"""Between two steps: notice, lease, checkpoint, progress."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import Interrupted, LeaseLost
from coin_models.training.callbacks import BetweenSteps
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.fit.state import FitState
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import Progress
from coin_models_tests.training import builders
from coin_models_tests.training.forecasters import fresh_forecaster

TASK = builders.cohort(builders.coin_task("AAA"))


class NotedSaver:
    """Notes what it is to save, instead of saving."""

    def __init__(self, *, can_save: tuple[bool, bool] = (True, True)) -> None:
        self.due, self.can_save = False, can_save
        self.behind: list[int] = []
        self.within_seconds: list[float] = []

    def is_due(self) -> bool:
        return self.due

    def save_behind(self, state: FitState) -> None:
        self.behind.append(state.step)

    def save_now(self, state: FitState, within_seconds: float) -> tuple[bool, bool]:
        self.within_seconds.append(within_seconds)
        return self.can_save


class Fit:
    """The callback of a fit whose steps are only counted."""

    def __init__(self, mark: HighWaterMark, saver: NotedSaver | None = None, *, has_lease: bool = True) -> None:
        self.saver, self.mark, self.progress = saver or NotedSaver(), mark, list[Progress]()
        self.clock = FixedClock(builders.CLOCK.now())
        self.notice = PreemptionMonitor(builders.SETTINGS, clock=self.clock)
        self.forecaster = fresh_forecaster(TASK)
        self.callback = BetweenSteps(
            self.forecaster,
            self.saver,  # type: ignore[arg-type]
            self.notice,
            mark,
            self.progress.append,
            lambda: has_lease,
        )

    def after_step(self, step: int) -> None:
        """What Lightning calls after a step."""
        self.forecaster.state.step = step
        self.callback.on_train_batch_end(None, None, None, None, 0)  # type: ignore[arg-type]


@pytest.fixture
def mark(tmp_path: Path) -> Iterator[HighWaterMark]:
    with HighWaterMark(tmp_path / "mark") as opened:
        yield opened


def test_a_due_checkpoint_is_saved_behind_the_next_step(mark: HighWaterMark) -> None:
    fit = Fit(mark)
    fit.after_step(1)
    fit.saver.due = True
    fit.after_step(2)

    assert fit.saver.behind == [2]
    assert [(each.step, each.phase) for each in fit.progress] == [(1, "train"), (2, "save")]
    assert mark.read() == 2


def test_after_the_last_step_of_an_epoch_validation_comes_before_anything_is_saved(mark: HighWaterMark) -> None:
    fit = Fit(mark)
    fit.saver.due = True

    fit.after_step(TASK.steps_per_epoch)
    before = list(fit.saver.behind)
    fit.callback.on_validation_end(None, None)  # type: ignore[arg-type]

    assert before == []
    assert fit.saver.behind == [TASK.steps_per_epoch]


def test_progress_counts_epochs_from_one(mark: HighWaterMark) -> None:
    fit = Fit(mark)
    for step in (6, 7):  # an epoch has six steps
        fit.forecaster.state.step = step
        fit.callback.on_validation_start(None, None)  # type: ignore[arg-type]

    assert [(each.epoch, each.epochs, each.steps) for each in fit.progress] == [(1, 3, 18), (2, 3, 18)]


def test_a_lost_lease_ends_the_fit_after_the_next_step(mark: HighWaterMark) -> None:
    with pytest.raises(LeaseLost, match="another session took them over"):
        Fit(mark, has_lease=False).after_step(1)


@pytest.mark.parametrize(
    ("can_save", "words"),
    [
        ((True, True), "saved step 3 here and in the store"),
        ((True, False), "saved step 3 on this machine, not uploaded"),
        ((False, False), "step 3 not saved: too little time"),
    ],
)
def test_notice_ends_the_fit_and_says_what_was_saved(
    mark: HighWaterMark, can_save: tuple[bool, bool], words: str
) -> None:
    fit = Fit(mark, NotedSaver(can_save=can_save))
    fit.notice.post("test", 5.0)
    fit.clock.advance(timedelta(seconds=2))

    with pytest.raises(Interrupted, match=f"test: {words}, in 0.0 of 5.0 s"):
        fit.after_step(3)

    # 3 s of the grace are left, less 0.2 s for the end of the process
    assert fit.saver.within_seconds == pytest.approx([2.8])
