"""The table of `patterns`: the shapes, what followed them, and in which the coin ended the day."""

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from coin_models.cli.pattern_tables import print_patterns
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.trading.patterns.library import Pattern
from coin_models.trading.patterns.lookup import CoinPattern
from coin_models.trading.patterns.outcomes import PatternOutcome

DAY = date(2024, 8, 15)
OUTCOME = PatternOutcome(
    num_matches=12, num_known=10, mean_return=0.0123, low_return=-0.01, median_return=0.01, high_return=0.03,
    share_up=0.7, effect=0.5, p_value=0.01, q_value=0.04,
)  # fmt: skip
NEAR = CoinPattern(
    pattern=Pattern(
        id="BTC-2024-08-10-1", found_in="BTC", found_on=date(2024, 8, 10), shape=(-1.0, 0.0, 1.0),
        first_seen=datetime(2024, 8, 9, 7, tzinfo=UTC), last_seen=datetime(2024, 8, 14, 21, 35, tzinfo=UTC),
        outcome=OUTCOME, outcome_by_coin={}, num_trades=3, trades_pnl_usd=-1.5,
    ),
    here=PatternOutcome.none(4), rank=1, correlation=0.934, is_active=True, is_significant=True,
)  # fmt: skip
UNKNOWN = replace(
    NEAR,
    pattern=replace(NEAR.pattern, id="ETH-2024-08-11-2", outcome=PatternOutcome.none(2)),
    rank=None, correlation=None, is_active=False, is_significant=False,
)  # fmt: skip


def printed(*patterns: CoinPattern, limit: int = 10, horizon_minutes: int = 60) -> str:
    text = io.StringIO()
    settings = Settings(home=Path("home"), training=TrainingSettings(horizon_minutes=horizon_minutes))
    print_patterns(Console(file=text, width=200), "BTC", DAY, patterns, settings, limit=limit)
    return text.getvalue()


def test_a_shape_has_how_near_it_is_how_often_it_was_seen_and_what_followed() -> None:
    cells = printed(NEAR).splitlines()[1].split()

    # Beside the drawn shape: seen 4 times in the coin and 12 times in all; +1.23 % on average.
    assert cells[:6] == ["BTC-2024-08-10-1", cells[1], "0.93", "now", "4", "12"]
    assert "+1.23" in cells[6]
    assert cells[-3:] == ["08-09", "08-14", "21:35"]


def test_what_is_not_known_is_a_dash() -> None:
    line = printed(UNKNOWN).splitlines()[1]

    assert line.count("\u2013") >= 4
    assert "None" not in line
    assert "nan" not in line


def test_the_shape_in_which_the_coin_ended_the_day_is_named() -> None:
    assert f"BTC: BTC-2024-08-10-1 at the close of {DAY}\n" in printed(NEAR, UNKNOWN)
    assert f"BTC: no known pattern at the close of {DAY}\n" in printed(UNKNOWN)


def test_shapes_beyond_the_limit_are_counted_and_judged_all_the_same() -> None:
    text = printed(UNKNOWN, UNKNOWN, NEAR, limit=1)

    assert "... and 2 more shapes seen in BTC (--limit)" in text
    assert "1 of 3 differ significantly from chance (q up to 0.1" in text


def test_the_horizon_is_in_hours_where_it_is_whole_hours() -> None:
    assert "mean after 2 h" in printed(NEAR, horizon_minutes=120)
    assert "mean after 45 min" in printed(NEAR, horizon_minutes=45)
