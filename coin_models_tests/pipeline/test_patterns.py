"""The pattern library of a day: what it is made from, and what is said where there is none."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.errors import RegistryError
from coin_models.pipeline.derived.digests import DerivedKind, is_provisional
from coin_models.pipeline.derived.repository import read_digests
from coin_models.pipeline.patterns import read_patterns, update_patterns
from coin_models.storage import keys
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


def damage_candles(world: TradingWorld, coin: str) -> None:
    """What is stored of the coin cannot be read any more."""
    for info in world.services.store.list(keys.CANDLES):
        if f"/{coin}/" in info.key:
            world.services.store.put(info.key, b"not candles")


def test_the_library_that_is_read_is_the_one_that_was_made(world: TradingWorld) -> None:
    made = update_patterns(world.services, FIRST, world.coins)

    assert len(made.library.patterns) > 0
    assert [one.id for one in read_patterns(world.services, FIRST).patterns] == [
        one.id for one in made.library.patterns
    ]


def test_the_newest_library_is_continued_and_its_day_is_the_default(world: TradingWorld) -> None:
    first, second = (update_patterns(world.services, day, world.coins).library for day in world.days)

    newest = read_patterns(world.services)

    assert newest.day == world.days[1]
    assert {one.id for one in first.patterns} & {one.id for one in second.patterns}


def test_a_coin_whose_candles_cannot_be_read_is_named_and_left_out(world: TradingWorld) -> None:
    damage_candles(world, "ETH")

    made = update_patterns(world.services, FIRST, world.coins)

    assert list(made.unreadable) == ["ETH"]
    assert {one.found_in for one in made.library.patterns} == {"BTC"}
    assert is_provisional(made.digest)


def test_what_it_was_made_from_is_stored_beside_it(world: TradingWorld) -> None:
    made = update_patterns(world.services, FIRST, world.coins)

    with world.services.database.read() as connection:
        stored = read_digests(connection, DerivedKind.PATTERNS, FIRST, FIRST)
    assert stored == {"": {FIRST: made.digest}}


def test_before_the_first_library_it_says_how_to_get_one(world: TradingWorld) -> None:
    with pytest.raises(RegistryError, match="no pattern library yet; `coin-models retrain` writes one"):
        read_patterns(world.services)


def test_a_day_without_a_library_is_said_with_the_newest_day_that_has_one(world: TradingWorld) -> None:
    update_patterns(world.services, FIRST, world.coins)

    with pytest.raises(RegistryError, match=f"no pattern library of {world.days[1]}; the newest one is of {FIRST}"):
        read_patterns(world.services, world.days[1])
