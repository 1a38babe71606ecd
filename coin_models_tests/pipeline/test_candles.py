"""Which days of candles are asked of the source, and one coin's trouble that stays its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from coin_models.errors import SourceUnavailable
from coin_models.market.asking import CandleProblem, CoinCandles
from coin_models.pipeline.candles import ensure_candles, fetch_candles, refresh_candles
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.market.builders import clock_after, walk
from coin_models_tests.market.scripted_source import ScriptedSource

DAY = date(2026, 3, 10)
LOOKBACK, EVERY_DAYS = 45, 7
FIRST = date(2025, 1, 1)


def eth_is_away(coin: str) -> None:
    if coin == "ETH":
        raise SourceUnavailable("the exchange does not answer")


@dataclass(frozen=True, kw_only=True)
class ServicesOfScript(Services):
    """Their source has candles of every day and records the requests."""

    @cached_property
    def source(self) -> ScriptedSource:  # type: ignore[override]
        return ScriptedSource(walk((DAY - FIRST).days + 1, first=FIRST), fault=eth_is_away)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServicesOfScript]:
    training = TrainingSettings(
        lookback_days=LOOKBACK, validation_days=3, full_retrain_every_days=EVERY_DAYS, horizon_minutes=60
    )
    settings = Settings(home=tmp_path, timeframe="1h", training=training)
    with ServicesOfScript(settings=settings, clock=clock_after(DAY)) as opened:
        yield opened


def test_candles_are_asked_for_from_the_window_of_the_earliest_day_that_it_may_start_from(
    services: ServicesOfScript,
) -> None:
    (outcome,) = fetch_candles(services, DAY, ["BTC"])

    assert isinstance(outcome, CoinCandles)
    first, last = min(services.source.asked)[0], max(services.source.asked)[1]
    assert last == DAY
    # The parent may be 6 days older; its window is the lookback of 45 days and what the slowest feature needs.
    assert first <= DAY - timedelta(days=EVERY_DAYS - 1) - timedelta(days=LOOKBACK - 1)
    assert outcome.added[0] == first


def test_what_is_known_well_enough_is_not_asked_for_again(services: ServicesOfScript) -> None:
    list(ensure_candles(services, DAY - timedelta(days=3), DAY, ["BTC"]))
    services.source.asked.clear()

    (outcome,) = fetch_candles(services, DAY, ["BTC"])

    assert isinstance(outcome, CoinCandles)
    assert services.source.asked == []


def test_refreshing_asks_for_the_named_days_themselves_although_they_are_known(services: ServicesOfScript) -> None:
    list(fetch_candles(services, DAY, ["BTC"]))
    services.source.asked.clear()

    list(refresh_candles(services, DAY - timedelta(days=1), DAY, ["BTC"]))

    assert services.source.asked == [(DAY - timedelta(days=1), DAY)]


def test_a_coin_that_the_source_does_not_deliver_is_a_problem_and_stops_no_other(services: ServicesOfScript) -> None:
    by_coin = {one.coin: one for one in fetch_candles(services, DAY, ["ETH", "BTC"])}

    assert isinstance(by_coin["BTC"], CoinCandles)
    assert isinstance(by_coin["ETH"], CandleProblem)
    assert by_coin["ETH"].place == "source"


def test_candles_may_be_kept_through_another_store_of_the_caller(services: ServicesOfScript) -> None:
    written: list[object] = []

    list(ensure_candles(services, DAY, DAY, ["BTC"], candles=services.candles_through(written.append)))

    assert len(written) > 0
