"""Whether stored candles are the source's."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.clock import FixedClock
from coin_models.db.opening import open_database
from coin_models.errors import SourceRefused
from coin_models.home.likeness import find_contradiction
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.market.sources.demo import DemoSource
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore

_DAYS = [date(2024, 8, 1) + timedelta(days=number) for number in range(3)]
_CLOCK = FixedClock(datetime(2024, 8, 10, tzinfo=UTC))
_DEMO = DemoSource(7, parse_timeframe("5m"), _CLOCK)


class Scaled:
    """Another source's candles, its prices on some days times a factor."""

    name = "scaled"

    def __init__(self, factors: dict[date, float]) -> None:
        self._factors = factors

    def coins(self) -> tuple[str, ...]:
        return _DEMO.coins()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        candles = _DEMO.fetch(coin, first, last)
        factor = self._factors.get(first, 1.0)
        scaled = candles.ohlcv * np.array([factor, factor, factor, factor, 1.0])
        return Candles(timeframe=candles.timeframe, open_time_ms=candles.open_time_ms, ohlcv=scaled)


class Without:
    """A source that has no coin."""

    name = "without"

    def coins(self) -> tuple[str, ...]:
        return ()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        raise SourceRefused(f"{coin}: no such coin")


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[CandleStore]:
    """Three days of BTC, of the demo market."""
    with closing(open_database(Settings(home=tmp_path))) as database:
        candles = CandleStore(MemoryStore(), database, parse_timeframe("5m"), _CLOCK)
        candles.write_days("BTC", {day: _DEMO.fetch("BTC", day, day) for day in _DAYS})
        yield candles


def test_the_same_candles_contradict_nothing(stored: CandleStore) -> None:
    assert find_contradiction(stored, lambda: _DEMO, ["BTC"]) is None


def test_other_prices_on_oldest_and_newest_day_are_another_market(stored: CandleStore) -> None:
    other = Scaled(dict.fromkeys(_DAYS, 1.25))
    contradiction = find_contradiction(stored, lambda: other, ["BTC"])

    assert contradiction is not None
    assert "BTC closed at" in contradiction
    assert "on 2024-08-01 in the store" in contradiction


def test_one_day_that_was_corrected_at_the_source_is_no_other_market(stored: CandleStore) -> None:
    corrected = Scaled({_DAYS[-1]: 1.25})

    assert find_contradiction(stored, lambda: corrected, ["BTC"]) is None


def test_a_source_without_the_coin_contradicts_nothing(stored: CandleStore) -> None:
    assert find_contradiction(stored, Without, ["BTC"]) is None


def test_without_stored_candles_the_source_is_not_opened(stored: CandleStore) -> None:
    def opened() -> CandleSource:
        raise AssertionError("opened")

    assert find_contradiction(stored, opened, ["ETH", "SOL"]) is None
