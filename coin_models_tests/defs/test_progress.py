"""Progress becomes lines that a person can read."""

import logging
from dataclasses import replace
from datetime import date

import pytest

from coin_models.defs.progress import log_lines, log_phases
from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.training.results import Progress

DAY = date(2024, 8, 15)
LAST = Progress(
    day=DAY, coins=("BTC", "ETH"), phase="train", epoch=3, epochs=6, step=450, steps=450,
    samples_per_second=140_000.0, eta_seconds=0.0,
)  # fmt: skip


def test_a_line_says_where_the_fit_is_and_everything_is_passed_on() -> None:
    lines: list[str] = []
    passed_on: list[Progress] = []
    log_lines(lines.append, also=passed_on.append)(LAST)

    assert lines == ["2024-08-15: 2 coins, epoch 3/6, step 450/450 (100%), 140,000 samples/s"]
    assert passed_on == [LAST]


def test_a_line_of_a_fit_that_is_not_done_says_what_is_left_of_it() -> None:
    lines: list[str] = []
    log_lines(lines.append, also=lambda _progress: None)(replace(LAST, step=225, eta_seconds=12.4))

    assert lines == ["2024-08-15: 2 coins, epoch 3/6, step 225/450 (50%), 140,000 samples/s, 12 s left of their fit"]


def test_a_phase_is_a_line_at_its_start_and_every_few_seconds() -> None:
    seconds = 0.0
    lines: list[str] = []
    passed_on: list[int] = []
    sink = log_phases(lines.append, also=lambda at: passed_on.append(at.done), now=lambda: seconds)
    for done in range(5):
        sink(PhaseProgress(phase=Phase.TRADES, day=DAY, done=done, total=4))
        seconds += 3.0

    # After 6 s two of four coins are done, after 12 s all of them.
    assert lines == [
        "2024-08-15: shadow trades 0/4",
        "2024-08-15: shadow trades 2/4, about 6 s left",
        "2024-08-15: shadow trades 4/4",
    ]
    assert passed_on == [0, 1, 2, 3, 4]


def test_a_line_that_cannot_be_written_fails_no_fit(caplog: pytest.LogCaptureFixture) -> None:
    def write(_line: str) -> None:
        raise ConnectionError("too many retries for DB connection")

    with caplog.at_level(logging.WARNING):
        log_lines(write, also=lambda _progress: None)(LAST)

    assert caplog.messages == ["a progress line was not logged: too many retries for DB connection"]
