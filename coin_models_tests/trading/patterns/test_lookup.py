"""A coin's view of the library."""

from dataclasses import replace

import pytest

from coin_models.trading.patterns.library import Library, NearPattern, Pattern
from coin_models.trading.patterns.lookup import patterns_of
from coin_models.trading.patterns.outcomes import PatternOutcome
from coin_models_tests.trading.builders import DAY, NOW


def pattern(name: str, *, q_value: float | None = None, **matches: int) -> Pattern:
    """A shape with that many occurrences in each coin."""
    return Pattern(
        id=name,
        found_in="BTC",
        found_on=DAY,
        shape=(0.0, 1.0, -1.0),
        first_seen=NOW,
        last_seen=NOW,
        outcome=replace(PatternOutcome.none(sum(matches.values())), q_value=q_value),
        outcome_by_coin={coin: PatternOutcome.none(number) for coin, number in matches.items()},
        num_trades=0,
        trades_pnl_usd=0.0,
    )


def near(name: str, rank: int, *, coin: str = "BTC", active: bool = False) -> NearPattern:
    return NearPattern(coin=coin, rank=rank, pattern_id=name, correlation=1 - rank / 10, active=active)


LIBRARY = Library(
    day=DAY,
    patterns=(pattern("a", BTC=3), pattern("b", BTC=9, ETH=1), pattern("c", ETH=5), pattern("d", q_value=0.04)),
    nearest=(near("a", 2), near("d", 1, active=True), near("c", 1, coin="ETH")),
)


def test_the_nearest_come_first_and_then_those_seen_most_often_in_the_coin() -> None:
    views = patterns_of(LIBRARY, "BTC", false_discovery_rate=0.1)

    assert [(view.pattern.id, view.rank) for view in views] == [("d", 1), ("a", 2), ("b", None)]


def test_a_shape_that_is_near_for_the_first_time_has_no_record_in_the_coin() -> None:
    (nearest, *_) = patterns_of(LIBRARY, "BTC", false_discovery_rate=0.1)

    assert nearest.here == PatternOutcome.none()
    assert nearest.is_active
    assert nearest.to_json()["correlation"] == pytest.approx(0.9)


@pytest.mark.parametrize(("rate", "significant"), [(0.04, ["d"]), (0.03, [])])
def test_significance_is_that_over_all_coins(rate: float, significant: list[str]) -> None:
    views = patterns_of(LIBRARY, "BTC", false_discovery_rate=rate)

    assert [view.pattern.id for view in views if view.is_significant] == significant


def test_a_coin_that_no_shape_occurred_in_sees_none() -> None:
    assert patterns_of(LIBRARY, "SOL", false_discovery_rate=0.1) == []
