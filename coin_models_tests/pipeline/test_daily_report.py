"""The daily report as it is stored and read again, and what it cost."""

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.errors import ObjectNotFound
from coin_models.pipeline.daily_report import day_cost, read_report, write_report
from coin_models.pipeline.derived.digests import DerivedKind, is_provisional
from coin_models.pipeline.derived.repository import read_digests
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.pipeline.trading_days import FIRST, TradingWorld

COINS = ("BTC", "ETH")


@pytest.fixture(scope="module")
def with_candles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has candles, and nothing else."""
    home = tmp_path_factory.mktemp("with_candles") / "home"
    TradingWorld(home, num_days=2, coins=COINS, publishes=False).services.close()
    return home


@pytest.fixture
def world(with_candles: Path, tmp_path: Path) -> Iterator[TradingWorld]:
    shutil.copytree(with_candles, tmp_path / "home")
    made = TradingWorld(tmp_path / "home", num_days=2, coins=COINS, publishes=False)
    yield made
    made.services.close()


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=Settings(home=tmp_path)) as opened:
        yield opened


def test_what_is_read_is_what_was_written(world: TradingWorld) -> None:
    stored = write_report(world.services, FIRST, COINS)

    read = read_report(world.services, FIRST)

    assert read.content == json.loads(json.dumps(stored.report.to_json(), default=str))
    assert (read.day, read.html_key) == (FIRST, stored.html_key)
    assert read.markdown.startswith("# Saturday, 10 August 2024")


def test_without_a_day_the_newest_report_is_read(world: TradingWorld) -> None:
    for day in (world.days[1], world.days[0]):
        write_report(world.services, day, COINS)

    assert read_report(world.services).day == world.days[1]


def test_a_coin_whose_candles_cannot_be_read_is_a_problem_of_the_report_which_is_to_be_written_again(
    world: TradingWorld,
) -> None:
    for info in world.services.store.list(keys.CANDLES):
        if "/ETH/" in info.key:
            world.services.store.put(info.key, b"not candles")

    report = write_report(world.services, FIRST, COINS).report

    with world.services.database.read() as connection:
        digests = read_digests(connection, DerivedKind.REPORT, FIRST, FIRST)
    assert [one.coin for one in report.problems if "its candles cannot be read" in one.problem] == ["ETH"]
    assert is_provisional(digests[""][FIRST])


def test_before_the_first_report_it_says_how_to_get_one(services: Services) -> None:
    with pytest.raises(ObjectNotFound, match="no report yet; `coin-models retrain` writes one"):
        read_report(services)


def test_a_day_without_a_report_is_said_with_the_newest_that_has_one(services: Services) -> None:
    services.store.put(keys.report(FIRST, "report.html"), b"<html>")
    missing = FIRST + timedelta(days=1)

    with pytest.raises(ObjectNotFound, match=f"no report of {missing}.*the newest report is of {FIRST}"):
        read_report(services, missing)


def test_a_report_of_an_earlier_version_has_no_short_text_and_is_read_all_the_same(services: Services) -> None:
    services.store.put(keys.report(FIRST, "report.json"), b'{"day": "2024-08-10"}')
    services.store.put(keys.report(FIRST, "report.html"), b"<html>")

    read = read_report(services)

    assert read.content == {"day": "2024-08-10"}
    assert "earlier version of coin_models" in read.markdown


def test_a_day_costs_what_the_sessions_that_worked_for_it_cost(services: Services) -> None:
    ended = {"heartbeat_at": NIGHT + timedelta(minutes=30), "ended_at": NIGHT + timedelta(minutes=30)}
    add_session(services.database, "tonight", **ended)
    add_attempt(services.database, "tonight", "BTC")
    add_session(services.database, "another night", days_later=1)
    add_attempt(services.database, "another night", "BTC", days_later=1)

    cost = day_cost(services, DAY)

    # Half an hour at 0.2 USD per hour.
    assert cost.cost_usd == pytest.approx(0.1)
    assert (cost.num_sessions, cost.num_models) == (1, 1)
