"""What the pages of the UI's own site are made from; no page asks the source."""

from collections.abc import Iterator
from datetime import date

import pytest

from coin_models.errors import ObjectNotFound, UsageError
from coin_models.pipeline.report_pages import read_coin, read_day, read_index
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    """Two traded days of BTC; ETH has candles alone."""
    made = TradingWorld(tmp_path_factory.mktemp("pages") / "home", num_days=2, significance=0.0025)
    for day in made.days:
        made.chain(day)
    yield made
    made.services.close()


def test_the_index_has_each_report_newest_first_and_the_coins_skill(world: TradingWorld) -> None:
    index = read_index(world.services)

    assert index.days == world.days[::-1]
    assert index.leaderboard is not None
    assert [line.name for line in index.leaderboard.coins] == ["BTC"]


def test_a_day_is_its_stored_page(world: TradingWorld) -> None:
    assert "Saturday, 10 August 2024" in read_day(world.services, world.days[0])
    with pytest.raises(ObjectNotFound):
        read_day(world.services, date(2024, 1, 1))


def test_a_coin_has_the_forecast_after_its_newest_stored_candle(world: TradingWorld) -> None:
    page = read_coin(world.services, "btc")

    assert page.fan is not None
    assert f"{page.fan.closes[-1][0]:%Y-%m-%d %H:%M}" == "2024-08-12 00:00"  # the end of the second day
    assert f"{page.fan.valid_until:%H:%M}" == "01:00"
    assert len(page.fan.closes) == 6 * 12
    assert [point.day for point in page.equity] == world.days
    assert page.band is not None
    assert len(page.band.points) == 48
    assert sorted(page.skills) == world.days
    assert len(page.decisions) >= len(world.days)


def test_a_coin_that_is_in_no_universe_is_refused(world: TradingWorld) -> None:
    with pytest.raises(UsageError, match="NOPE is not in the universe"):
        read_coin(world.services, "nope")
