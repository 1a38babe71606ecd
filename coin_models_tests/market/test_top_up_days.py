"""Requests to a source: which days are requested, which again, what an answer means, and coins whose market ended."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.errors import CoinDelisted, CoinUnknown
from coin_models.market.asking import ANSWERS_NEEDED
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.history import ENDED, OPEN, row_of
from coin_models.market.source import Answer, CoinEnd, KnownCandles
from coin_models.market.store import CandleStore
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import DAY, HOUR, clock_after, walk, without
from coin_models_tests.market.scripted_source import ScriptedSource, hourly_store, topped_up
from coin_models_tests.market.stored_days import AN_HOUR, FIRST, HISTORY, candle_counts


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return hourly_store(tmp_path, clock_after(DAY))


def _read(store: CandleStore) -> Candles:
    return store.read_range(["BTC"], FIRST, DAY)["BTC"]


def test_what_is_missing_is_fetched_once_and_then_known(store: CandleStore) -> None:
    source = ScriptedSource(HISTORY)

    cold = topped_up(source, store, FIRST, DAY, clock_after(DAY))
    warm = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert source.asked == [(FIRST, DAY)]
    assert (len(cold.added), warm.added) == (4, ())
    assert _read(store).digest() == HISTORY.slice_days(FIRST, DAY).digest()


def test_only_the_missing_days_are_asked_for_in_runs(store: CandleStore) -> None:
    source, middle = ScriptedSource(HISTORY), FIRST + timedelta(days=1)
    store.write_days("BTC", {middle: HISTORY.slice_days(middle, middle)})

    topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert source.asked == [(FIRST, FIRST), (middle + timedelta(days=1), DAY)]


def test_a_day_whose_end_the_source_has_not_shown_is_not_stored_and_asked_for_again(store: CandleStore) -> None:
    source = ScriptedSource(without(HISTORY, slice(4 * 24 - 1, None)))  # 23:00 of DAY is not there yet

    early = topped_up(source, store, FIRST, DAY, clock_after(DAY))
    source.candles = HISTORY
    late = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert (candle_counts(early.history)[-1], int(row_of(early.history, DAY)["flags"])) == (-1, OPEN)
    assert candle_counts(late.history) == [24] * 4
    assert source.asked[1:] == [(DAY, DAY)]


def test_a_page_that_was_cut_short_heals_by_itself_an_hour_later(store: CandleStore) -> None:
    clock, source = clock_after(DAY), ScriptedSource(without(HISTORY, slice(24, 40)))  # 16 hours of the second day

    cut = topped_up(source, store, FIRST, DAY, clock)
    source.candles = HISTORY
    at_once = topped_up(source, store, FIRST, DAY, clock)
    clock.advance(AN_HOUR)
    healed = topped_up(source, store, FIRST, DAY, clock)

    assert [candle_counts(coin_candles.history)[1] for coin_candles in (cut, at_once, healed)] == [8, 8, 24]
    assert healed.changed == (FIRST + timedelta(days=1),)
    assert _read(store).digest() == HISTORY.slice_days(FIRST, DAY).digest()


def test_candles_that_one_answer_leaves_out_and_another_gives_exist(store: CandleStore) -> None:
    clock, source = clock_after(DAY), ScriptedSource(without(HISTORY, [24, 25]))
    topped_up(source, store, FIRST, DAY, clock)
    source.candles = without(HISTORY, [30, 31])
    clock.advance(AN_HOUR)

    topped_up(source, store, FIRST, DAY, clock)

    assert _read(store).digest() == HISTORY.slice_days(FIRST, DAY).digest()


def test_an_incomplete_day_is_asked_for_until_three_answers_agree(store: CandleStore) -> None:
    clock, source = clock_after(DAY), ScriptedSource(without(HISTORY, [24, 25]))

    for _ in range(6):
        coin_candles = topped_up(source, store, FIRST, DAY, clock)
        clock.advance(AN_HOUR)

    day = FIRST + timedelta(days=1)
    assert source.asked == [(FIRST, DAY), (day, day), (day, day)]
    assert int(row_of(coin_candles.history, day)["num_answers"]) == ANSWERS_NEEDED


def test_a_hole_that_was_filled_counts_its_answers_anew(store: CandleStore) -> None:
    clock, source = clock_after(DAY), ScriptedSource(without(HISTORY, [24, 25]))
    topped_up(source, store, FIRST, DAY, clock)
    clock.advance(AN_HOUR)
    source.candles = without(HISTORY, [25])

    coin_candles = topped_up(source, store, FIRST, DAY, clock)

    assert int(row_of(coin_candles.history, FIRST + timedelta(days=1))["num_answers"]) == 1


def test_days_before_the_listing_are_asked_for_three_times_and_no_more(store: CandleStore) -> None:
    clock, source = clock_after(DAY), ScriptedSource(HISTORY.slice_days(DAY, DAY))

    for _ in range(5):
        coin_candles = topped_up(source, store, FIRST, DAY, clock)
        clock.advance(AN_HOUR)

    assert candle_counts(coin_candles.history) == [0, 0, 0, 24]
    assert len(source.asked) == ANSWERS_NEEDED


def test_a_whole_day_missing_between_stored_ones_is_an_answer(store: CandleStore) -> None:
    source, middle = ScriptedSource(without(HISTORY, slice(24, 48))), FIRST + timedelta(days=1)
    known_days = [day for day in HISTORY.days if day != middle]
    store.write_days("BTC", {day: HISTORY.slice_days(day, day) for day in known_days})

    coin_candles = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(coin_candles.history) == [24, 0, 24, 24]


def test_of_a_source_that_shows_nothing_nothing_is_concluded(store: CandleStore) -> None:
    coin_candles = topped_up(ScriptedSource(empty_candles(HOUR)), store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(coin_candles.history) == [-1] * 4
    assert {int(row_of(coin_candles.history, FIRST + timedelta(days=k))["flags"]) for k in range(4)} == {OPEN}


def test_refreshing_asks_again_for_whole_days_and_says_which_changed(store: CandleStore) -> None:
    source = ScriptedSource(HISTORY)
    topped_up(source, store, FIRST, DAY, clock_after(DAY))
    source.candles = walk(5, first=FIRST, seed=1)

    untouched = topped_up(source, store, FIRST, DAY, clock_after(DAY))
    refreshed = topped_up(source, store, DAY, DAY, clock_after(DAY), refresh=True)

    assert (untouched.changed, refreshed.changed) == ((), (DAY,))
    assert _read(store).slice_days(DAY, DAY).digest() == source.candles.slice_days(DAY, DAY).digest()
    assert _read(store).slice_days(FIRST, FIRST).digest() == HISTORY.slice_days(FIRST, FIRST).digest()


def test_refreshing_what_has_not_changed_says_so(store: CandleStore) -> None:
    source = ScriptedSource(HISTORY)
    topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert topped_up(source, store, FIRST, DAY, clock_after(DAY), refresh=True).changed == ()


def test_a_lost_object_is_fetched_again(tmp_path: Path) -> None:
    objects = MemoryStore()
    store, source = hourly_store(tmp_path, clock_after(DAY), objects), ScriptedSource(HISTORY)
    topped_up(source, store, FIRST, DAY, clock_after(DAY))
    objects.delete(objects.list("candles/")[-1].key)
    damaged = store.read_window(store.histories(["BTC"], FIRST, DAY), FIRST, DAY)["BTC"]

    topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert isinstance(damaged, Exception)
    assert _read(store).digest() == HISTORY.slice_days(FIRST, DAY).digest()


def test_another_machines_clock_that_is_ahead_does_not_keep_an_answer_out(store: CandleStore) -> None:
    topped_up(ScriptedSource(HISTORY), store, FIRST, DAY, clock_after(DAY, hours=40))
    corrected = ScriptedSource(walk(5, first=FIRST, seed=1))

    topped_up(corrected, store, FIRST, DAY, clock_after(DAY), refresh=True)

    assert _read(store).digest() == corrected.candles.slice_days(FIRST, DAY).digest()


def test_a_delisted_coin_keeps_its_days_and_the_later_ones_are_after_its_end(store: CandleStore) -> None:
    def delisted(coin: str) -> None:
        raise CoinDelisted("no longer traded")

    source = ScriptedSource(HISTORY)
    topped_up(source, store, FIRST, DAY - timedelta(days=1), clock_after(DAY))
    source.fault = delisted

    coin_candles = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(coin_candles.history) == [24, 24, 24, -1]
    assert int(row_of(coin_candles.history, DAY)["flags"]) == ENDED


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

    def ask(self, coin: str, first: date, last: date, stored_candles: KnownCandles) -> Answer:
        candles = self.fetch(coin, first, last)
        return Answer(
            candles=candles, shown_until_ms=0, end=CoinEnd(reason="no longer traded", last_day=candles.days[-1])
        )


def test_days_before_an_end_are_stored_and_the_last_one_counts_as_ended(store: CandleStore) -> None:
    before = DAY - timedelta(days=1)
    source = _Ended(HISTORY.slice_days(FIRST, before))

    coin_candles = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(coin_candles.history) == [24, 24, 24, -1]
    assert [int(row_of(coin_candles.history, day)["flags"]) for day in (FIRST, before, DAY)] == [0, ENDED, ENDED]


def test_an_end_that_was_a_trading_halt_is_forgotten_an_hour_later(store: CandleStore) -> None:
    clock, before = clock_after(DAY), DAY - timedelta(days=1)
    topped_up(_Ended(HISTORY.slice_days(FIRST, before)), store, FIRST, DAY, clock)
    clock.advance(AN_HOUR)

    coin_candles = topped_up(ScriptedSource(HISTORY), store, FIRST, DAY, clock)

    assert [int(row_of(coin_candles.history, day)["flags"]) for day in (before, DAY)] == [0, 0]


def test_a_coin_that_the_source_no_longer_knows_has_ended_where_days_of_it_are_stored(store: CandleStore) -> None:
    def unknown(coin: str) -> None:
        raise CoinUnknown("no market BTC/USDT")

    store.write_days("BTC", {FIRST: HISTORY.slice_days(FIRST, FIRST)})

    coin_candles = topped_up(ScriptedSource(HISTORY, unknown), store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(coin_candles.history) == [24, -1, -1, -1]
    assert int(row_of(coin_candles.history, DAY)["flags"]) == ENDED
