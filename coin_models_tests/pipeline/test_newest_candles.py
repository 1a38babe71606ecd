"""The newest candles: one request per candle, kept through an outage, and no long wait of each coin for a source that fails."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import CoinUnknown, SourceUnavailable
from coin_models.pipeline.newest_candles import AGAIN_SECONDS, NewestCandles
from coin_models_tests.pipeline.prepared_services import NOW, LiveSource, model_in_use, prepared

World = tuple[NewestCandles, LiveSource, FixedClock]
BTC = model_in_use()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    services, source, clock = prepared(tmp_path)
    yield NewestCandles(services), source, clock
    services.close()


def test_a_coin_is_requested_once_until_its_next_candle_has_closed(world: World) -> None:
    candles, source, clock = world
    first = candles.of("BTC", BTC)
    clock.advance(timedelta(minutes=4))

    assert candles.of("BTC", BTC) is first
    assert first.last_close_time == NOW
    clock.advance(timedelta(minutes=1))
    assert candles.of("BTC", BTC).last_close_time == NOW + timedelta(minutes=5)
    assert source.asked == ["BTC", "BTC"]


def test_threads_that_want_one_coin_make_one_request(world: World) -> None:
    candles, source, _ = world
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda _: candles.of("BTC", BTC), range(32)))

    assert len(set(map(id, given))) == 1
    assert source.asked == ["BTC"]


def test_a_source_without_the_next_candle_is_asked_again_after_some_seconds(tmp_path: Path) -> None:
    services, source, clock = prepared(tmp_path, ends=NOW)
    candles = NewestCandles(services)
    clock.advance(timedelta(minutes=6))
    for _ in range(3):
        candles.of("BTC", BTC)
    clock.advance(timedelta(seconds=AGAIN_SECONDS))
    candles.of("BTC", BTC)

    assert len(source.asked) == 2
    services.close()


def test_candles_that_are_held_outlast_a_source_that_is_unavailable(world: World) -> None:
    candles, source, clock = world
    first = candles.of("BTC", BTC)
    source.errors["BTC"] = SourceUnavailable("the exchange does not answer")
    clock.advance(timedelta(minutes=5))

    assert candles.of("BTC", BTC) is first


def test_an_error_of_the_coin_takes_the_place_of_its_candles(world: World) -> None:
    candles, source, clock = world
    candles.of("BTC", BTC)
    source.errors["BTC"] = CoinUnknown("no such market")
    clock.advance(timedelta(minutes=5))

    with pytest.raises(CoinUnknown):
        candles.of("BTC", BTC)


def test_after_three_coins_without_an_answer_the_rest_is_refused_at_once_for_a_while(world: World) -> None:
    candles, source, clock = world
    names = [f"C{number}" for number in range(6)]
    source.errors = {name: SourceUnavailable("the exchange does not answer") for name in names}
    for name in names:
        with pytest.raises(SourceUnavailable):
            candles.of(name, BTC)

    assert source.asked == names[:3]
    clock.advance(timedelta(seconds=AGAIN_SECONDS))
    assert candles.of("BTC", BTC).last_close_time == NOW


def test_unknown_coins_are_no_outage(world: World) -> None:
    candles, source, _ = world
    names = [f"C{number}" for number in range(4)]
    source.errors = {name: CoinUnknown("no such market") for name in names}
    for name in names:
        with pytest.raises(CoinUnknown):
            candles.of(name, BTC)

    assert source.asked == names


def test_a_source_that_ended_long_ago_gives_the_candles_that_it_ends_with(tmp_path: Path) -> None:
    services, source, clock = prepared(tmp_path, ends=NOW)
    clock.advance(timedelta(days=400))

    assert NewestCandles(services).of("BTC", BTC).last_close_time == NOW
    assert len(source.asked) == 2
    services.close()
