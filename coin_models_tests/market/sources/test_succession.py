"""Renamed coins: which candles of the old and the new one count."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from coin_models.errors import CandlesRejected, CoinUnknown
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.source import Answer
from coin_models.market.sources.succession import may_join, with_predecessor
from coin_models.settings.successors import Successor
from coin_models_tests.market.builders import DAY, HOUR, candles_at

FOUND = Successor(old="FTM", new="S", day=DAY)
BEFORE = DAY - timedelta(days=1)


def _serving(candles: Candles) -> Callable[[str, date, date], Answer]:
    return lambda coin, first, last: Answer(candles=candles.slice_days(first, last), shown_until_ms=0)


def _refusing(coin: str, first: date, last: date) -> Answer:
    raise CoinUnknown(f"no market {coin}")


def _joined(old: Candles, new: Candles, successor: Successor = FOUND) -> Answer:
    return with_predecessor(_serving(new), _serving(old), successor, (BEFORE, DAY), "exchange x")


def test_the_old_coins_candles_count_until_the_new_ones_first() -> None:
    old, new = candles_at([-3, -2, 11, 12]), candles_at([12, 13])

    hours = [(time - candles_at([0]).open_time_ms[0]) // HOUR.ms for time in _joined(old, new).candles.open_time_ms]

    assert hours == [-3, -2, 11, 12, 13]


def test_a_ratio_changes_prices_and_volumes_and_keeps_the_turnover() -> None:
    successor = Successor(old="OM", new="MANTRA", day=DAY, ratio=4.0)

    candles = _joined(candles_at([-2], price=400.0), candles_at([5], price=100.0), successor).candles

    assert candles.ohlcv[0].tolist() == [100.0, 100.5, 99.75, 100.25, 40.0]


def test_two_prices_that_do_not_join_are_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"S began at 100 where FTM, at 1 S for one, had ended at 40001"):
        _joined(candles_at([-2], price=40_000.0), candles_at([5]))


def test_a_hole_at_the_beginning_of_the_days_is_no_listing() -> None:
    new = candles_at([-30, 5])  # the new coin was traded on the day before the days asked for

    assert len(_joined(candles_at([-20, -2]), new).candles) == 1


def test_an_exchange_that_has_forgotten_the_old_coin_gives_the_new_one_alone() -> None:
    answer = with_predecessor(_serving(candles_at([5])), _refusing, FOUND, (BEFORE, DAY), "exchange x")

    assert len(answer.candles) == 1


def test_before_the_new_coin_all_candles_are_the_old_ones() -> None:
    assert len(_joined(candles_at([-3, 2]), empty_candles(HOUR)).candles) == 2


def test_long_after_the_change_the_old_coin_is_not_asked_for() -> None:
    assert (may_join(FOUND, DAY), may_join(FOUND, DAY + timedelta(days=31))) == (True, False)
