"""Doubles of candle sources, and a candle store of a test's own."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from coin_models.clock import Clock
from coin_models.db.opening import open_database
from coin_models.market.asking import CandleProblem, CoinCandles, Request
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.market.store import CandleStore
from coin_models.market.top_up import ensure
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import HOUR


class ScriptedSource:
    """A source that holds these candles and remembers what it was asked; `fault` may raise."""

    name = "scripted"

    def __init__(self, candles: Candles, fault: Callable[[str], None] = lambda coin: None) -> None:
        self.candles, self.fault = candles, fault
        self.asked: list[tuple[date, date]] = []

    def coins(self) -> tuple[str, ...]:
        return ("BTC",)

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        self.asked.append((first, last))
        self.fault(coin)
        return self.candles.slice_days(first, last)


def hourly_store(home: Path, clock: Clock, objects: MemoryStore | None = None) -> CandleStore:
    """Hourly candles in memory, with an index in a database of its own."""
    return CandleStore(objects or MemoryStore(), open_database(Settings(home=home)), HOUR, clock)


def ask(
    source: CandleSource, store: CandleStore, first: date, last: date, clock: Clock, *, refresh: bool = False
) -> CoinCandles | CandleProblem:
    """The result of a request for BTC."""
    (outcome,) = ensure(source, store, ["BTC"], Request(first=first, last=last, refresh=refresh), clock)
    return outcome


def topped_up(
    source: CandleSource, store: CandleStore, first: date, last: date, clock: Clock, *, refresh: bool = False
) -> CoinCandles:
    """As `ask`, where no problem is expected."""
    outcome = ask(source, store, first, last, clock, refresh=refresh)
    assert isinstance(outcome, CoinCandles), outcome
    return outcome
