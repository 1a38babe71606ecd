"""Many coins: days that are over, and trouble of one coin, of the source, of earlier versions' holes."""

from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected, CoinUnknown, SourceRefused, SourceUnavailable
from coin_models.market.asking import CandleProblem, CoinCandles, Request
from coin_models.market.codec import encode_day
from coin_models.market.store import CandleStore
from coin_models.market.top_up import ensure
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import DAY, candles_at, clock_after
from coin_models_tests.market.scripted_source import ScriptedSource, ask, hourly_store, topped_up
from coin_models_tests.market.stored_days import FIRST, HISTORY, candle_counts


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return hourly_store(tmp_path, clock_after(DAY))


def test_a_day_that_is_not_over_is_not_asked_for(store: CandleStore) -> None:
    source = ScriptedSource(HISTORY)

    topped_up(source, store, FIRST, DAY, clock_after(DAY, hours=23.99))

    assert source.asked == [(FIRST, DAY - timedelta(days=1))]


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (SourceUnavailable("maintenance"), "source"),
        (SourceRefused("it does not serve this region"), "source"),
        (CandlesRejected("a price of zero"), None),
        (CoinUnknown("no market BTC/USDT"), None),
        (ZeroDivisionError("a defect"), None),
    ],
)
def test_trouble_is_the_coins_own_or_of_the_place_by_its_type(
    store: CandleStore, error: Exception, place: str | None
) -> None:
    def fail(coin: str) -> None:
        raise error

    problem = ask(ScriptedSource(HISTORY, fail), store, FIRST, DAY, clock_after(DAY))

    assert isinstance(problem, CandleProblem)
    assert (problem.place, str(error) in str(problem)) == (place, True)


def test_a_source_that_fails_leaves_what_was_stored_usable(store: CandleStore) -> None:
    def fail(coin: str) -> None:
        raise SourceUnavailable("maintenance")

    store.write_days("BTC", {FIRST: HISTORY.slice_days(FIRST, FIRST)})

    problem = ask(ScriptedSource(HISTORY, fail), store, FIRST, DAY, clock_after(DAY))

    assert candle_counts(problem.history) == [24, -1, -1, -1]


def test_one_coins_trouble_leaves_the_other_coins_alone(store: CandleStore) -> None:
    def fail(coin: str) -> None:
        if coin == "ADA":
            raise CandlesRejected("a price of zero")

    request = Request(first=FIRST, last=DAY)

    by_coin = {
        c.coin: c for c in ensure(ScriptedSource(HISTORY, fail), store, ["ADA", "BTC"], request, clock_after(DAY))
    }

    assert isinstance(by_coin["ADA"], CandleProblem)
    assert isinstance(by_coin["BTC"], CoinCandles)


def test_a_hole_that_the_version_before_stored_for_ever_is_asked_for_again(tmp_path: Path) -> None:
    objects = MemoryStore()
    store, source = hourly_store(tmp_path, clock_after(DAY), objects), ScriptedSource(HISTORY)
    for day in HISTORY.days[:4]:
        part = candles_at([0, 1], day=day) if day == DAY else HISTORY.slice_days(day, day)
        objects.put(keys.legacy_candle_day("1h", "BTC", day), encode_day(part))

    coin_candles = topped_up(source, store, FIRST, DAY, clock_after(DAY))

    assert source.asked == [(DAY, DAY)]
    assert (candle_counts(coin_candles.history), coin_candles.changed) == ([24] * 4, (DAY,))
