"""Progress becomes lines that a person can read."""

import logging
from datetime import date

import pytest

from coin_models.defs.progress import log_lines
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

    assert lines == ["2024-08-15: 2 coins, epoch 3/6, step 450/450 (100%), 140,000 samples/s, 0 s left"]
    assert passed_on == [LAST]


def test_a_line_that_cannot_be_written_fails_no_fit(caplog: pytest.LogCaptureFixture) -> None:
    def write(_line: str) -> None:
        raise ConnectionError("too many retries for DB connection")

    with caplog.at_level(logging.WARNING):
        log_lines(write, also=lambda _progress: None)(LAST)

    assert caplog.messages == ["a progress line was not logged: too many retries for DB connection"]
