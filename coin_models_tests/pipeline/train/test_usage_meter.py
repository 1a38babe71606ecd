"""The usage of a running fit, calculated manually."""

from datetime import date

from coin_models.operations.attempts import ComputeUsage
from coin_models.pipeline.train.usage_meter import UsageMeter
from coin_models.training.results import Progress


class Watch:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def at_step(step: int) -> Progress:
    return Progress(
        day=date(2024, 8, 15), coins=("BTC", "ETH"), epoch=1, epochs=2, step=step, steps=90,
        samples_per_second=1.0, eta_seconds=1.0,
        phase="train",
    )  # fmt: skip


def test_before_the_first_step_all_is_start_up() -> None:
    watch = Watch()
    meter = UsageMeter([1, 2], startup_seconds=6.0, now=watch)

    watch.seconds += 4.0

    assert meter.usage() == ComputeUsage(startup_seconds=5.0)  # (6 + 4) / 2


def test_what_an_earlier_process_had_reached_is_done_again() -> None:
    watch = Watch()
    seen: list[Progress] = []
    meter = UsageMeter([1, 2], startup_seconds=6.0, now=watch)
    sink = meter.fit_begins(reached_before=50, also=seen.append)
    watch.seconds += 2.0
    sink(at_step(41))  # it continued from 40: 10 of the steps to come are done again
    watch.seconds += 8.0
    sink(at_step(80))

    # 8 s for 40 steps of two coins: 10 / 40 of each coin's 4 s are redone
    assert meter.usage() == ComputeUsage(
        steps_done=40, steps_redone=10, useful_seconds=3.0, redone_seconds=1.0, startup_seconds=4.0
    )
    assert meter.setup_seconds == 2.0
    assert [progress.step for progress in seen] == [41, 80]


def test_killed_before_it_caught_up_nothing_was_useful() -> None:
    watch = Watch()
    meter = UsageMeter([1], startup_seconds=0.0, now=watch)
    sink = meter.fit_begins(reached_before=50, also=lambda progress: None)
    sink(at_step(41))
    watch.seconds += 1.0
    sink(at_step(45))

    assert meter.usage() == ComputeUsage(steps_done=5, steps_redone=5, redone_seconds=1.0)


def test_a_fit_that_begins_again_is_measured_from_there() -> None:
    watch = Watch()
    meter = UsageMeter([1], startup_seconds=0.0, now=watch)
    meter.fit_begins(0, also=lambda progress: None)(at_step(1))
    watch.seconds += 9.0

    meter.fit_begins(0, also=lambda progress: None)
    watch.seconds += 3.0

    assert meter.usage() == ComputeUsage(startup_seconds=3.0)
