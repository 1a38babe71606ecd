"""Days and coins as they are typed."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from coin_models.cli.options import parse_coin, parse_coins, parse_day, parse_days
from coin_models.clock import FixedClock
from coin_models.errors import UsageError

CLOCK = FixedClock(datetime(2024, 8, 16, 2, tzinfo=UTC))
UNIVERSE = ("BTC", "ETH", "SOL")


def test_without_an_option_the_day_is_the_newest_complete_one() -> None:
    assert parse_days(None, None, None, CLOCK) == [date(2024, 8, 15)]


def test_a_range_has_both_of_its_ends() -> None:
    days = parse_days(None, "2024-08-13", "2024-08-15", CLOCK)

    assert days == [date(2024, 8, 13), date(2024, 8, 14), date(2024, 8, 15)]


def test_a_day_that_is_not_over_is_refused_with_the_newest_that_is() -> None:
    with pytest.raises(UsageError, match="2024-08-16 is not over yet; the newest complete trading day is 2024-08-15"):
        parse_days("2024-08-16", None, None, CLOCK)


@pytest.mark.parametrize("text", ["2024-02-30", "15.8.2024", "yesterday", "", "2024-08-15T00:00"])
def test_what_is_no_date_is_quoted_with_its_option(text: str) -> None:
    with pytest.raises(UsageError, match=f"--day '{text}' is not a date; use YYYY-MM-DD, such as 2024-08-15"):
        parse_day(text, "--day")


def test_coins_come_in_the_order_of_the_universe_once_each_whatever_their_case() -> None:
    assert parse_coins("sol, btc,,SOL", UNIVERSE) == ["BTC", "SOL"]
    assert parse_coins(None, UNIVERSE) == ["BTC", "ETH", "SOL"]
    assert parse_coin(" eth ", UNIVERSE) == "ETH"


@pytest.mark.parametrize(
    ("parse", "message"),
    [
        (lambda: parse_coins("BTC,NOPE,ALSO", UNIVERSE), "--coins: ALSO, NOPE is not in the universe"),
        (lambda: parse_coins(" , ", UNIVERSE), "--coins: nothing is not in the universe"),
        (lambda: parse_coin("nope", UNIVERSE), "NOPE is not in the universe"),
        (lambda: parse_coin("", UNIVERSE), "nothing is not in the universe"),
    ],
)
def test_coins_outside_of_the_universe_are_named(parse: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse()
