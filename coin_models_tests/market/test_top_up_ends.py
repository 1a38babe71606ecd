"""Coins whose market ended: which of their days are stored, and when a source is asked again."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.errors import CoinDelisted, CoinUnknown
from coin_models.market.history import ENDED, row_of
from coin_models.market.source import Answer, CoinEnd, KnownCandles
from coin_models.market.store import CandleStore
from coin_models_tests.market.builders import DAY, clock_after
from coin_models_tests.market.scripted_source import ScriptedSource, hourly_store, topped_up
from coin_models_tests.market.stored_days import AN_HOUR, FIRST, HISTORY, candle_counts


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return hourly_store(tmp_path, clock_after(DAY))


def test_a_delisted_coin_keeps_its_days_and_the_later_ones_are_after_its_end(store: CandleStore) -> None:
    def delisted(coin: str) -> None:
        raise CoinDelisted("no longer traded")

    source = ScriptedSource(HISTORY)
    topped_up(source, store, FIRST, DAY - timedelta(days=1), clock_after(DAY))
    source.fault = delisted

    known = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(known.history) == [24, 24, 24, -1]
    assert int(row_of(known.history, DAY)["flags"]) == ENDED


def test_a_trading_halt_that_ends_is_noticed_an_hour_later(store: CandleStore) -> None:
    def halted(coin: str) -> None:
        raise CoinDelisted("no longer traded")

    clock, source = clock_after(DAY), ScriptedSource(HISTORY, halted)
    topped_up(source, store, FIRST, DAY, clock)
    source.fault = lambda coin: None
    clock.advance(AN_HOUR)

    assert candle_counts(topped_up(source, store, FIRST, DAY, clock).history) == [24] * 4


class _Ended(ScriptedSource):
    """A source that serves what there is, and says that no more will come."""

    def ask(self, coin: str, first: date, last: date, known: KnownCandles) -> Answer:
        candles = self.fetch(coin, first, last)
        return Answer(
            candles=candles, shown_until_ms=0, end=CoinEnd(reason="no longer traded", last_day=candles.days[-1])
        )


def test_days_before_an_end_are_stored_and_the_last_one_counts_as_ended(store: CandleStore) -> None:
    before = DAY - timedelta(days=1)
    source = _Ended(HISTORY.slice_days(FIRST, before))

    known = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(known.history) == [24, 24, 24, -1]
    assert [int(row_of(known.history, day)["flags"]) for day in (FIRST, before, DAY)] == [0, ENDED, ENDED]


def test_an_end_that_was_a_trading_halt_is_forgotten_an_hour_later(store: CandleStore) -> None:
    clock, before = clock_after(DAY), DAY - timedelta(days=1)
    topped_up(_Ended(HISTORY.slice_days(FIRST, before)), store, FIRST, DAY, clock)
    clock.advance(AN_HOUR)

    known = topped_up(ScriptedSource(HISTORY), store, FIRST, DAY, clock)

    assert [int(row_of(known.history, day)["flags"]) for day in (before, DAY)] == [0, 0]


def test_a_coin_that_the_source_no_longer_knows_has_ended_where_days_of_it_are_stored(store: CandleStore) -> None:
    def unknown(coin: str) -> None:
        raise CoinUnknown("no market BTC/USDT")

    store.write_days("BTC", {FIRST: HISTORY.slice_days(FIRST, FIRST)})

    known = topped_up(ScriptedSource(HISTORY, unknown), store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(known.history) == [24, -1, -1, -1]
    assert int(row_of(known.history, DAY)["flags"]) == ENDED
