"""Days in any order, repeated and killed between: the same rows and the same reports.

COIN_MODELS_TESTS_ORDERS sets the number of orders.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.shadow_trades import trade_day
from coin_models_tests.pipeline.derived.worlds import DerivedWorld, opened
from coin_models_tests.pipeline.killable import Instant

NUM_DAYS = 4
NUM_ORDERS = int(os.environ.get("COIN_MODELS_TESTS_ORDERS", "4"))
KILLS = ("INSERT INTO derived_days", "INSERT INTO shadow_trades", "INSERT INTO champion_decisions", "put report.html")


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with versions and candles, of which no day was traded."""
    home = tmp_path_factory.mktemp("untouched") / "home"
    with opened(home, num_days=NUM_DAYS):
        return home


@pytest.fixture(scope="module")
def in_order(untouched: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DerivedWorld]:
    home = tmp_path_factory.mktemp("in_order") / "home"
    shutil.copytree(untouched, home)
    with opened(home, num_days=NUM_DAYS) as world:
        for day in world.days:
            world.run(day)
        yield world


def test_the_days_of_these_tests_trade_and_decide_and_find_patterns(in_order: DerivedWorld) -> None:
    rows = in_order.rows()

    assert {name: len(table_rows) > 4 for name, table_rows in rows.items()} == dict.fromkeys(rows, True)
    assert (
        len({row["version_id"] for row in rows["champion_decisions"]}) > 3
    )  # an order that did not matter proves nothing
    assert in_order.stale() == []


STEPS = st.lists(
    st.tuples(st.integers(0, NUM_DAYS - 1), st.none() | st.tuples(st.sampled_from(KILLS), st.integers(1, 4))),
    max_size=3,
)


@given(order=st.permutations(range(NUM_DAYS)), before=STEPS)
@settings(max_examples=NUM_ORDERS, deadline=None, phases=[Phase.generate], derandomize=True)
def test_any_order_of_days_with_repeats_and_kills_gives_the_rows_of_the_days_in_order(
    in_order: DerivedWorld,
    untouched: Path,
    order: list[int],
    before: list[tuple[int, tuple[str, int] | None]],
) -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        shutil.copytree(untouched, home)
        with opened(home, num_days=NUM_DAYS) as world:
            for number, kill in before:
                world.killed_run(world.days[number], Instant(*kill) if kill else Instant("nothing begins like this"))

            for number in order:
                world.run(world.days[number])

            assert world.rows() == in_order.rows()
            assert world.all_reports() == in_order.all_reports()
            assert world.stale() == []


def test_a_day_that_comes_late_makes_the_later_ones_stale_until_they_are_made_again(
    untouched: Path, tmp_path: Path
) -> None:
    shutil.copytree(untouched, tmp_path / "home")
    with opened(tmp_path / "home", num_days=NUM_DAYS) as world:
        done = [world.days[number] for number in (0, 1, 3)]
        for day in done:
            world.run(day)
        before = world.stale(done)
        late = list(trade_only(world, 2))

        stale = world.stale(done)

        assert (before, late) == ([], [None, None])
        assert {(one.coin, one.day) for one in stale if one.kind is DerivedKind.TRADES} == {
            (coin, world.days[3]) for coin in world.coins
        }
        assert {one.day for one in stale if one.kind is not DerivedKind.TRADES} == {world.days[3]}


def trade_only(world: DerivedWorld, number: int) -> Iterator[str | None]:
    """The trades of a day, and nothing that follows them."""
    for traded_coin in trade_day(world.services, world.days[number], world.coins, inputs=world.inputs):
        yield traded_coin.failure
