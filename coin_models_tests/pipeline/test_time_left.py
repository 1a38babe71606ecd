"""What is left of a command: usual rates first, measured ones as soon as there are some, and never nothing too early."""

from datetime import date
from pathlib import Path

import pytest

from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.pipeline.time_left import FILE, TYPICAL, TimeLeft, describe_seconds, keep_seconds, usual_seconds
from coin_models.settings.root import Settings
from coin_models.training.results import Progress

DAY = date(2024, 8, 15)
USUAL = {**dict.fromkeys(Phase, 0.0), Phase.TRADES: 1.0, Phase.MODELS: 2.0, Phase.PATTERNS: 0.5}


class Watch:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def left(watch: Watch) -> TimeLeft:
    """Of 10 coins: 20 s of fits, 10 s of trades, 5 s of patterns."""
    left = TimeLeft(USUAL, watch)
    for phase in (Phase.MODELS, Phase.TRADES, Phase.PATTERNS):
        left.expect(phase, DAY, 10)
    return left


def at(phase: Phase, done: int = 0) -> PhaseProgress:
    return PhaseProgress(phase=phase, day=DAY, done=done, total=10)


def fit(step: int, *coins: str) -> Progress:
    return Progress(
        day=DAY, coins=coins, epoch=1, epochs=1, step=step, steps=10, samples_per_second=1.0, eta_seconds=0.0, phase="train"
    )  # fmt: skip


def test_before_anything_began_it_is_what_the_last_command_took(left: TimeLeft) -> None:
    assert left.seconds() == 20 + 10 + 5
    assert left.share_done() == 0


def test_a_phase_that_begins_ends_those_before_it(left: TimeLeft) -> None:
    left.reach(at(Phase.TRADES))

    assert left.seconds() == 10 + 5


def test_what_was_measured_replaces_what_was_usual(left: TimeLeft, watch: Watch) -> None:
    left.reach(at(Phase.TRADES))
    watch.seconds += 15
    left.reach(at(Phase.TRADES, done=5))

    # 5 coins took 15 s; the usual second counts as one coin (a tenth of ten) more: 16 s for 6 coins.
    assert left.seconds() == pytest.approx(5 * 16 / 6 + 5)
    assert left.measured()[Phase.TRADES] == pytest.approx(3.0)


def test_a_phase_that_tells_nothing_runs_down_by_the_clock_and_stops_at_nothing(left: TimeLeft, watch: Watch) -> None:
    left.reach(at(Phase.PATTERNS))
    watch.seconds += 2
    assert left.seconds() == 3

    watch.seconds += 60
    assert left.seconds() == 0
    assert describe_seconds(left.seconds()) == "finishing"


def test_a_fit_counts_by_its_steps_and_later_cohorts_stay_left(left: TimeLeft, watch: Watch) -> None:
    left.reach(at(Phase.MODELS))
    left.fit(fit(0, "BTC", "ETH"))
    watch.seconds += 4
    left.fit(fit(10, "BTC", "ETH"))

    assert left.seconds() == pytest.approx(8 * 2 + 10 + 5)  # as fast as usual: 2 of 10 coins are done


def test_steps_of_an_earlier_process_took_no_time_here(left: TimeLeft, watch: Watch) -> None:
    left.reach(at(Phase.MODELS))
    left.fit(fit(5, "BTC", "ETH"))
    watch.seconds += 2
    left.fit(fit(10, "BTC", "ETH"))

    assert left.measured()[Phase.MODELS] == pytest.approx(2.0)


def test_the_share_is_of_the_time(left: TimeLeft, watch: Watch) -> None:
    left.reach(at(Phase.TRADES))
    watch.seconds += 5
    left.reach(at(Phase.TRADES, done=5))

    assert left.share_done() == pytest.approx(5 / 15)


def test_the_next_command_begins_with_what_this_one_measured(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    keep_seconds(settings, {**TYPICAL, Phase.REPORT: 0.25})

    assert usual_seconds(settings) == {**TYPICAL, Phase.REPORT: 0.25}


@pytest.mark.parametrize("content", ["", "[]", "{", '{"report": "x"}', '{"report": -1}', "\xff"])
def test_a_damaged_file_of_rates_is_as_good_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_bytes(content.encode("latin-1"))

    assert usual_seconds(Settings(home=tmp_path)) == TYPICAL


def test_rates_that_cannot_be_kept_fail_nothing(tmp_path: Path) -> None:
    keep_seconds(Settings(home=tmp_path / "no such home"), TYPICAL)

    assert usual_seconds(Settings(home=tmp_path / "no such home")) == TYPICAL


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "finishing"), (40, "about 40 s left"), (720, "about 12 min left"), (9000, "about 2.5 h left")],
)
def test_time_is_in_the_unit_that_people_use(seconds: float, words: str) -> None:
    assert describe_seconds(seconds) == words
