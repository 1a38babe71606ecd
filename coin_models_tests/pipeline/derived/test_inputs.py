"""Digests of candles, wanted fingerprints, and the rules that settings and code give."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.market.history import History
from coin_models.pipeline.derived.facts import Rules
from coin_models.pipeline.derived.inputs import PlannedFingerprints, WindowDigests, code_version, rules_of
from coin_models.pipeline.plan.plan import make_plan
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models_tests.pipeline.plan.strategies import DAY, FIRST, RECIPE, corrected, facts, history


class HistoriesOf:
    """An index that knows the same candles of every coin."""

    def __init__(self, stored: History) -> None:
        self.history = stored
        self.asked: list[tuple[str, ...]] = []

    def histories(
        self, coins: Sequence[str], first: date | None = None, last: date | None = None
    ) -> dict[str, History]:
        self.asked.append(tuple(coins))
        return dict.fromkeys(coins, self.history)


def digests(stored: History, *coins: str) -> WindowDigests:
    return WindowDigests(HistoriesOf(stored), coins or ("BTC",), FIRST, DAY)  # type: ignore[arg-type]


def test_a_corrected_day_changes_the_windows_that_hold_it_and_no_other() -> None:
    day = DAY - timedelta(days=5)
    before, after = digests(history()), digests(corrected(history(), day))

    # Windows of 3 days hold the day where they end on it or up to 2 days later.
    differ = [
        offset
        for offset in range(-1, 5)
        if before("BTC", end := day + timedelta(days=offset), 3) != after("BTC", end, 3)
    ]
    assert differ == [0, 1, 2]


def test_a_day_outside_of_what_was_read_is_refused() -> None:
    with pytest.raises(ValueError, match="candles of 2026-01-01 to 2026-03-10 were read, not of 2026-03-11"):
        digests(history())("BTC", DAY + timedelta(days=1), 3)


def test_a_coin_that_was_not_named_is_read_once_when_it_is_asked_for() -> None:
    index = HistoriesOf(history())
    windows = WindowDigests(index, ("BTC",), FIRST, DAY)  # type: ignore[arg-type]

    for _ in range(3):
        windows("ETH", DAY, 3)

    assert index.asked == [("BTC",), ("ETH",)]


def test_the_wanted_fingerprint_is_the_plans_and_there_is_none_outside_of_the_span() -> None:
    first = DAY - timedelta(days=9)
    wanted = PlannedFingerprints(digests(history(seed=1)), RECIPE, first, DAY)

    assert wanted("BTC", DAY) == make_plan(facts([DAY]))["BTC", DAY].fingerprint
    assert wanted("BTC", first - timedelta(days=1)) is None
    assert wanted("BTC", DAY + timedelta(days=1)) is None


def changed_rules(**trading: object) -> set[str]:
    """Which of the rules another setting of trading changes."""
    usual = rules_of(Settings(home=Path("home")))
    other = rules_of(Settings(home=Path("home"), trading=TradingSettings(**trading)))  # type: ignore[arg-type]
    return {name for name in Rules.__slots__ if getattr(usual, name) != getattr(other, name)}


def test_a_fee_decides_trades_alone() -> None:
    assert changed_rules(fee_bps=99) == {"trades"}


def test_the_length_of_a_pattern_decides_patterns_alone() -> None:
    assert changed_rules(pattern_length_minutes=120) == {"patterns"}


def test_the_pattern_window_is_also_how_far_patterns_look_back() -> None:
    assert changed_rules(pattern_window_days=9) == {"patterns", "pattern_days"}


def test_the_samples_of_the_bootstrap_decide_the_report_alone() -> None:
    assert changed_rules(bootstrap_samples=50) == {"report"}


def test_another_timeframe_decides_all_three() -> None:
    usual, hourly = rules_of(Settings(home=Path("home"))), rules_of(Settings(home=Path("home"), timeframe="1h"))

    assert usual.trades != hourly.trades
    assert usual.patterns != hourly.patterns
    assert usual.report != hourly.report


def test_code_of_other_modules_has_another_digest() -> None:
    assert code_version("trading/*.py") != code_version("trading/patterns/*.py")
    assert code_version("trading/*.py") != code_version("no such folder/*.py")
