"""Notices from signals and sources, all through one monitor."""

import logging
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from types import FrameType

import pytest

from coin_models.clock import FixedClock
from coin_models.settings.operations import InterruptionSettings
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice

NOW = datetime(2024, 6, 2, 2, 0, tzinfo=UTC)
SETTINGS = InterruptionSettings(grace_seconds=5.0, poll_seconds=0.01)


def test_sigterm_is_notice_and_the_handler_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    board = PreemptionMonitor(SETTINGS, clock=FixedClock(NOW))

    with board:
        os.kill(os.getpid(), signal.SIGTERM)
        notice = board.received()

    assert notice == PreemptionNotice(source="SIGTERM", at=NOW, grace_seconds=5.0)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_second_signal_does_not_change_the_first_notice() -> None:
    clock = FixedClock(NOW)
    board = PreemptionMonitor(SETTINGS, clock=clock)

    with board:
        os.kill(os.getpid(), signal.SIGTERM)
        clock.advance(timedelta(seconds=3))
        os.kill(os.getpid(), signal.SIGINT)

    assert board.received() == PreemptionNotice(source="SIGTERM", at=NOW, grace_seconds=5.0)
    assert board.remaining_seconds() == 2.0


def test_signals_that_somebody_took_are_taken_back_and_given_back_as_they_were_at_first() -> None:
    before = signal.getsignal(signal.SIGTERM)
    taken = []

    def taker(number: int, frame: FrameType | None) -> None:
        taken.append(number)

    board = PreemptionMonitor(SETTINGS, clock=FixedClock(NOW))
    with board:
        signal.signal(signal.SIGTERM, taker)
        board.claim_signals()
        os.kill(os.getpid(), signal.SIGTERM)

    assert board.received() is not None
    assert taken == []
    assert signal.getsignal(signal.SIGTERM) is before


def test_grace_runs_out_and_never_below_zero() -> None:
    notice = PreemptionNotice(source="test", at=NOW, grace_seconds=5.0)

    assert notice.remaining_seconds(NOW + timedelta(seconds=2)) == 3.0
    assert notice.remaining_seconds(NOW + timedelta(seconds=9)) == 0.0


class Unreachable:
    """A source that cannot be asked."""

    name = "nowhere"

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> PreemptionNotice | None:
        self.looks += 1
        raise ConnectionRefusedError("connection refused")


def test_a_source_that_cannot_be_asked_is_said_once_and_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    source = Unreachable()

    with caplog.at_level(logging.WARNING), PreemptionMonitor(SETTINGS, [source]):
        deadline = time.monotonic() + 10.0
        while source.looks < 3 and time.monotonic() < deadline:
            time.sleep(0.005)

    assert source.looks >= 3
    assert caplog.text.count("nowhere cannot be polled for a preemption notice") == 1
