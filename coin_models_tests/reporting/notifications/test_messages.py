from datetime import date

import pytest

from coin_models.reporting.notifications.messages import (
    DayDigest,
    Message,
    MessageKind,
    Severity,
    budget_reached,
    day_complete,
    day_late,
    hand_over,
    interrupted,
    quarantined,
    resumed,
    spot_not_worth_it,
    trial_message,
)

DAY = date(2025, 3, 1)


def test_a_complete_day_is_told_in_full() -> None:
    digest = DayDigest(
        day=DAY, num_trained=18, num_resumed=3, num_reused=1, quarantined=("XRP",), promoted=("BTC", "ETH"),
        rolled_back=("SOL",), validation_skill=0.0142, shadow_pnl_usd=-1234.5, cost_usd=0.31, saved_usd=0.6,
    )  # fmt: skip

    message = day_complete(digest)

    assert message.title == "2025-03-01: all coins done"
    assert message.lines == (
        "18 trained (3 resumed), 1 reused",
        "Quarantined: XRP",
        "Promoted: BTC, ETH",
        "Rolled back: SOL",
        "Validation skill: +0.0142",
        "Shadow P&L: -1,234.50 USD",
        "Cost: 0.310 USD, 0.600 USD less than on-demand",
    )
    assert message.severity is Severity.WARNING


def test_a_quiet_day_is_a_success_and_says_only_what_is_known() -> None:
    message = day_complete(DayDigest(day=DAY, num_trained=20))

    assert message.lines == ("20 trained (0 resumed), 0 reused",)
    assert message.severity is Severity.SUCCESS


def test_a_loss_against_on_demand_is_told_as_such() -> None:
    message = day_complete(DayDigest(day=DAY, num_trained=1, cost_usd=0.5, saved_usd=-0.1))

    assert message.lines[-1] == "Cost: 0.500 USD, 0.100 USD more than on-demand"


@pytest.mark.parametrize(
    ("message", "key"),
    [
        (day_late(DAY, missing=["BTC"], deadline="08:00"), "day-late:2025-03-01"),
        (interrupted("s1", machine="m", saved="saved", when="02:10"), "interruption:s1"),
        (resumed("s2", machine="m", coins=["BTC"], day=DAY, when="02:15"), "resume:s2:2025-03-01"),
        (quarantined("BTC", DAY, reason="diverged"), "quarantine:BTC:2025-03-01"),
        (hand_over(DAY, reason="late"), "hand-over:2025-03-01"),
        (budget_reached(DAY, reason="spent"), "budget:2025-03-01"),
        (spot_not_worth_it(DAY, reason="dear"), "spot-not-worth-it:2025-03"),
        (trial_message("x"), "test:x"),
    ],
)
def test_an_event_has_one_key_however_often_it_is_told(message: Message, key: str) -> None:
    assert message.event_key == key
    assert key.startswith(message.kind.value)


def test_a_quarantine_says_how_to_end_it() -> None:
    assert (
        quarantined("BTC", DAY, reason="diverged").lines[-1].endswith("coin-models unquarantine BTC --day 2025-03-01")
    )


def test_a_key_that_the_database_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="1 to 200"):
        Message(event_key="x" * 201, kind=MessageKind.TEST, severity=Severity.INFO, title="t", lines=())
