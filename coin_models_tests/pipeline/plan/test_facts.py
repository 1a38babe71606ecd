"""Facts that contradict themselves are refused; a hold is about the version that was tried."""

from datetime import date, timedelta

import pytest

from coin_models.pipeline.plan.facts import Hold, HoldKind
from coin_models_tests.pipeline.plan.strategies import DAY, facts


@pytest.mark.parametrize("days", [[DAY, DAY], [DAY, DAY - timedelta(days=1)]], ids=["twice", "descending"])
def test_days_that_do_not_ascend_are_refused(days: list[date]) -> None:
    with pytest.raises(ValueError, match="days must ascend, each once"):
        facts(days)


def test_a_coin_that_is_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="a coin is named twice"):
        facts(coins=("BTC", "ETH", "BTC"))


@pytest.mark.parametrize("kind", HoldKind)
def test_a_hold_speaks_of_the_version_that_was_tried_and_a_running_session_of_every_version(kind: HoldKind) -> None:
    hold = Hold(kind=kind, reason="why", fingerprint="ab" * 32)

    assert hold.holds("ab" * 32)
    assert hold.holds("cd" * 32) == (kind is HoldKind.RUNNING)


def test_what_was_tried_without_candles_holds_no_version_back() -> None:
    assert not Hold(kind=HoldKind.BACKOFF, reason="no candles", fingerprint=None).holds("ab" * 32)
