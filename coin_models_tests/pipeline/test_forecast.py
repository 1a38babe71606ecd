"""`predict` of one coin and of all: the newest candles, their age and the model's, and the swap of champions."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from coin_models.clock import FixedClock
from coin_models.errors import (
    CandlesRejected,
    CandlesTooOld,
    RegistryError,
    SourceUnavailable,
    UsageError,
)
from coin_models.pipeline.forecast import Forecaster, age_in_words, forecast_now, forecasts_now
from coin_models.pipeline.services import Services
from coin_models.settings.market import MarketSettings
from coin_models_tests.pipeline import prepared_services
from coin_models_tests.pipeline.prepared_services import LiveSource, ServicesInMemory, services_in_memory
from coin_models_tests.pipeline.trading_days import TradingWorld
from coin_models_tests.registry import builders

NOW = datetime(2024, 8, 20, 2, tzinfo=UTC)  # the world's clock, which a day of shadow trades moves on by a minute
END = datetime(2024, 8, 14, tzinfo=UTC)  # of the world's candles


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path / "home", num_days=2)
    made.trade(made.days[0])
    yield made
    made.services.database.close()


def over_files(world: TradingWorld, folder: Path, now: datetime) -> Services:
    """The same home over a folder with one file, whose last candle closed at `END`."""
    folder.mkdir(exist_ok=True)
    candles = world.services.source.fetch("BTC", END.date() - timedelta(days=40), END.date() - timedelta(days=1))
    frame = pd.DataFrame(candles.ohlcv, columns=["open", "high", "low", "close", "volume"])
    frame.insert(0, "ts", pd.to_datetime(candles.open_time_ms, unit="ms", utc=True))
    frame.to_parquet(folder / "BTC_USDT.parquet")
    settings = world.services.settings.model_copy(
        update={"source": "files", "market": MarketSettings(files_path=folder)}
    )
    return Services(settings=settings, clock=FixedClock(now))


def test_a_forecast_says_how_old_its_candles_and_its_model_are(world: TradingWorld) -> None:
    current = forecast_now(world.services, "btc")

    assert current.forecast.coin == "BTC"
    assert current.candles_age_seconds == 60  # 02:01, and the last candle closed at 02:00
    assert current.model_age_days == (NOW.date() - current.model_day).days > 0
    assert current.to_json() == {
        **current.forecast.to_json(), "candles_age_seconds": 60.0, "model_age_days": current.model_age_days
    }  # fmt: skip


@pytest.mark.parametrize("minutes", [0, 10])
def test_candles_of_up_to_two_candles_ago_are_new_enough(world: TradingWorld, tmp_path: Path, minutes: int) -> None:
    current = forecast_now(over_files(world, tmp_path / "files", END + timedelta(minutes=minutes)), "BTC")

    assert (current.forecast.made_at, current.candles_age_seconds) == (END, 60 * minutes)


def test_older_candles_are_refused_in_a_sentence_that_says_where_the_files_end(
    world: TradingWorld, tmp_path: Path
) -> None:
    services = over_files(world, tmp_path / "files", END + timedelta(minutes=10, seconds=1))

    with pytest.raises(CandlesTooOld, match=r"files end on 2024-08-14 00:00 UTC, 10 min ago.*--allow-stale") as refused:
        forecast_now(services, "BTC")

    assert refused.value.exit_code == 1


def test_files_that_end_in_the_past_are_forecast_from_their_end_where_that_is_allowed(
    world: TradingWorld, tmp_path: Path
) -> None:
    services = over_files(world, tmp_path / "files", END + timedelta(days=830))

    current = forecast_now(services, "BTC", allow_stale=True)

    assert (current.forecast.made_at, current.candles_age_seconds) == (END, 830 * 86_400)


def test_a_coin_that_is_not_there_is_said_with_the_names_near_it(world: TradingWorld) -> None:
    with pytest.raises(UsageError, match=r"BTCC is not in the universe \(BTC\); did you mean BTC\?"):
        forecast_now(world.services, "btcc")


def test_a_coin_that_nothing_forecasts_says_how_to_get_a_version(tmp_path: Path) -> None:
    world = TradingWorld(tmp_path / "home", num_days=1, publishes=False)

    with pytest.raises(RegistryError, match="nothing forecasts BTC: it has no champion"):
        forecast_now(world.services, "BTC")

    world.services.database.close()


def test_a_coin_without_a_champion_is_forecast_by_its_newest_reference_and_says_so(world: TradingWorld) -> None:
    services, coin = world.services, "BTC"
    made = builders.with_reference(network_share=1 / 3, coin="ETH")
    version = services.registry.publish(made, lease=None)

    forecast = forecast_now(services, "ETH").forecast

    assert (forecast.forecaster, forecast.version_id) == ("reference", version.id)
    assert forecast_now(services, coin).forecast.forecaster == "champion"


@pytest.mark.parametrize(("seconds", "words"), [(40, "40 s"), (150, "2 min"), (7200, "2 h"), (71_712_000, "830 days")])
def test_an_age_is_said_in_its_largest_unit(seconds: float, words: str) -> None:
    assert age_in_words(seconds) == words


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path, ("BTC", "ETH", "SOL")) as services:
        yield services


def test_all_coins_are_forecast_as_each_alone_and_what_fails_is_listed(served: ServicesInMemory) -> None:
    for coin in ("BTC", "ETH"):
        served.publish(coin)

    current = forecasts_now(served, None)

    assert current.forecasts == {coin: forecast_now(served, coin) for coin in ("BTC", "ETH")}
    assert "nothing forecasts SOL" in str(current.failures["SOL"])
    assert current.to_json()["failures"] == [{"coin": "SOL", "error": str(current.failures["SOL"]), "is_stale": False}]


def test_of_several_coins_those_with_old_candles_are_stale_and_no_error_of_the_others(served: ServicesInMemory) -> None:
    served.publish("BTC")
    served.publish("ETH")
    forecaster = Forecaster(served, ["BTC", "ETH"])
    forecaster.refresh()
    forecaster.forecast("ETH")
    source, clock = served.prepared, served.clock
    assert isinstance(source, LiveSource)
    assert isinstance(clock, FixedClock)
    source.errors["ETH"] = SourceUnavailable("the exchange does not answer")
    clock.advance(timedelta(minutes=11))

    current = forecaster.forecast_all()

    assert list(current.forecasts) == ["BTC"]
    assert isinstance(current.failures["ETH"], CandlesTooOld)
    assert [failure["is_stale"] for failure in current.to_json()["failures"]] == [True]  # type: ignore[attr-defined, index]


def test_a_misspelt_coin_among_several_is_refused(served: ServicesInMemory) -> None:
    with pytest.raises(UsageError, match="ETHH is not in the universe"):
        forecasts_now(served, ["btc", "ethh"])


def test_a_refresh_swaps_champions_and_says_of_which_coins(served: ServicesInMemory) -> None:
    first, other = served.publish("BTC"), served.publish("ETH")
    forecaster = Forecaster(served, ["BTC", "ETH"])

    assert forecaster.refresh() == ["BTC", "ETH"]
    assert forecaster.forecast("BTC").forecast.version_id == first.id
    second = served.publish("BTC", seed=1)
    assert forecaster.forecast("BTC").forecast.version_id == first.id
    assert forecaster.refresh() == ["BTC"]
    assert forecaster.forecast("BTC").forecast.version_id == second.id
    assert forecaster.forecast("ETH").forecast.version_id == other.id
    assert forecaster.refresh() == []


def test_a_new_champion_that_cannot_be_loaded_for_now_leaves_the_one_before(served: ServicesInMemory) -> None:
    first = served.publish("BTC")
    forecaster = Forecaster(served, ["BTC"])
    forecaster.refresh()
    second = served.publish("BTC", seed=1)
    served.away.append("get")

    assert forecaster.refresh() == []
    assert forecaster.forecast("BTC").forecast.version_id == first.id
    served.away.clear()
    assert forecaster.refresh() == ["BTC"]
    assert forecaster.forecast("BTC").forecast.version_id == second.id


def test_a_callers_candles_are_forecast_unless_they_are_old_or_still_form(served: ServicesInMemory) -> None:
    served.publish("BTC")
    forecaster = Forecaster(served, ["BTC"])
    forecaster.refresh()
    now = prepared_services.NOW
    candles = builders.candles(12 * 288, first=now.date() - timedelta(days=9))

    current = forecaster.predict("BTC", candles.closed_by(now))

    assert current.forecast.made_at == now
    with pytest.raises(CandlesTooOld, match=r"the newest candle given closed on 2024-08-16 01:45 UTC, 15 min ago"):
        forecaster.predict("BTC", candles.closed_by(now - timedelta(minutes=15)))
    with pytest.raises(CandlesRejected, match=r"closes at 2024-08-16 02:05 UTC, which is not over: leave out"):
        forecaster.predict("BTC", candles.closed_by(now + timedelta(minutes=5)))
