"""The probe of places that unavailable coin-days wait for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.errors import CoinDelisted, SourceBlocked, SourceUnavailable, StoreRefused, StoreUnavailable
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.probing import release_if_answered
from coin_models.pipeline.services import Services
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore

DAY = date(2026, 3, 10)
COINS = ("BTC", "ETH", "SOL")


@dataclass(slots=True)
class Source:
    """Notes what it is asked, and fails as a test says."""

    fails: dict[str, Exception] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    settings: list[Settings] = field(default_factory=list)
    name: str = "source"

    def coins(self) -> tuple[str, ...]:
        return COINS

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        assert first == last == DAY
        self.asked.append(coin)
        if coin in self.fails:
            raise self.fails[coin]
        return empty_candles(parse_timeframe("5m"))


@dataclass(frozen=True, kw_only=True)
class ProbedServices(Services):
    memory: MemoryStore = field(default_factory=MemoryStore)
    asked: Source = field(default_factory=Source)

    @cached_property
    def store(self) -> MemoryStore:
        return self.memory

    @cached_property
    def source(self) -> Source:
        self.asked.settings.append(self.settings)
        return self.asked


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ProbedServices]:
    settings = Settings(home=tmp_path / "home", universe=COINS, market=MarketSettings(exchange_timeout_seconds=25.0))
    with ProbedServices(settings=settings, clock=FixedClock(datetime(2026, 3, 11, 2, tzinfo=UTC))) as opened:
        yield opened


def waiting(*coins: str) -> list[PlannedCoinDay]:
    return [
        PlannedCoinDay(
            coin=coin,
            day=DAY,
            action=Action.UNAVAILABLE,
            reason="source unavailable: 503",
            fingerprint=None,
            parent_day=None,
            parent_fingerprint=None,
            is_due=False,
        )
        for coin in coins
    ]


def raising(error: Exception) -> Callable[[str, str], None]:
    def fault(_moment: str, _key: str) -> None:
        raise error

    return fault


def test_where_store_and_source_answer_what_waits_is_released(services: ProbedServices) -> None:
    assert release_if_answered(services, waiting("BTC")) is None
    assert services.place_watch.answered_at() == services.clock.now()


def test_each_place_is_asked_once_without_a_wait(services: ProbedServices) -> None:
    release_if_answered(services, waiting("BTC"))

    (used,) = services.asked.settings
    assert services.asked.asked == ["BTC"]
    assert (used.market.exchange_attempts, used.market.exchange_timeout_seconds) == (1, 10.0)
    assert used.operations.store_wait_seconds == 0.0


@pytest.mark.parametrize(
    "error", [StoreUnavailable("time-out"), StoreRefused("wrong key")], ids=lambda e: type(e).__name__
)
def test_a_store_that_does_not_serve_keeps_the_pauses_and_the_source_is_not_asked(
    error: Exception, services: ProbedServices
) -> None:
    services.memory.fault = raising(error)

    assert release_if_answered(services, waiting("BTC")) == f"store does not answer yet: {error}"
    assert services.asked.asked == []
    assert services.place_watch.answered_at() is None


@pytest.mark.parametrize(
    "error", [SourceUnavailable("503"), SourceBlocked("a region it excludes")], ids=lambda e: type(e).__name__
)
def test_a_source_that_does_not_serve_keeps_the_pauses(error: Exception, services: ProbedServices) -> None:
    services.asked.fails = dict.fromkeys(COINS, error)

    assert release_if_answered(services, waiting(*COINS)) == f"source does not answer yet: {error}"
    assert len(services.asked.asked) == 2
    assert services.place_watch.answered_at() is None


@pytest.mark.parametrize("error", [CoinDelisted("traded no more"), ValueError("of a library")])
def test_a_refusal_of_the_coin_is_an_answer(error: Exception, services: ProbedServices) -> None:
    services.asked.fails = {"BTC": error}

    assert release_if_answered(services, waiting("BTC")) is None


def test_one_coin_that_the_source_cannot_serve_does_not_speak_for_the_others(services: ProbedServices) -> None:
    services.asked.fails = {"BTC": SourceUnavailable("503")}

    assert release_if_answered(services, waiting(*COINS)) is None


def test_other_coins_are_asked_at_the_next_tick(services: ProbedServices) -> None:
    services.asked.fails = dict.fromkeys(COINS, SourceUnavailable("503"))
    clock = services.clock
    assert isinstance(clock, FixedClock)

    for _ in COINS:
        release_if_answered(services, waiting(*COINS))
        clock.advance(timedelta(minutes=1))

    pairs = list(zip(services.asked.asked[::2], services.asked.asked[1::2], strict=True))
    assert sorted(pairs) == [("BTC", "ETH"), ("ETH", "SOL"), ("SOL", "BTC")]


def test_what_fails_although_all_places_answer_waits_for_its_pause(services: ProbedServices) -> None:
    release_if_answered(services, waiting("BTC"))

    assert release_if_answered(services, waiting("BTC")) == "all places answer; the next try is soon due"


def test_an_error_that_no_probe_should_raise_ends_no_tick(services: ProbedServices) -> None:
    services.memory.fault = raising(ValueError("of a library"))

    assert release_if_answered(services, waiting("BTC")) == "a place does not answer yet: of a library"
