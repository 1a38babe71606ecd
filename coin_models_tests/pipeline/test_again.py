"""Trades, patterns and report, killed in the middle or made again, give the same rows and the same report."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.pipeline.services import Services
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectInfo
from coin_models_tests.pipeline.killable import Instant, Killed
from coin_models_tests.pipeline.trading_days import Row, TradingWorld

COINS = ("BTC", "ETH")

INSTANTS = {
    "before the first coin's trades": Instant("INSERT INTO shadow_days"),
    "between a day's row and its trades": Instant("INSERT INTO shadow_trades"),
    "between trades and decision": Instant("INSERT INTO champion_decisions"),
    "after the first coin": Instant("DELETE FROM shadow_trades", 2),
    "in the pattern library": Instant("INSERT INTO pattern_matches"),
    "after the pattern library": Instant("put report.json"),
    "in the report": Instant("put report.html"),
}


class PassingStore(LocalStore):
    """A folder that says what is about to be put."""

    def __init__(self, root: Path, instant: Instant) -> None:
        super().__init__(root)
        self._instant = instant

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        self._instant.pass_by(f"put {key.rpartition('/')[2]}")
        return super().put(key, data, if_absent=if_absent, durable=durable)


@dataclass(frozen=True, kw_only=True)
class MortalServices(Services):
    """A process that can be killed at an instant."""

    instant: Instant

    @cached_property
    def store(self) -> LocalStore:
        return PassingStore(self.settings.home / "store", self.instant)

    @cached_property
    def database(self) -> Database:
        database = open_database(self.settings)

        def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            self.instant.pass_by(" ".join(text.split()[:3]))

        event.listen(database.engine, "before_cursor_execute", statement)
        return database


def live(world: TradingWorld, day_number: int, instant: Instant) -> None:
    """The chain of a day in a process that dies at an instant."""
    services = MortalServices(settings=world.services.settings, clock=world.clock, instant=instant)
    try:
        with pytest.raises(Killed):
            world.chain(world.days[day_number], services)
    finally:
        services.database.close()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    world = TradingWorld(tmp_path_factory.mktemp("undisturbed"), num_days=3, coins=COINS)
    for day in world.days:
        world.chain(day)
    yield world
    world.services.database.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TradingWorld]:
    """The first day is done."""
    made = TradingWorld(tmp_path / "home", num_days=3, coins=COINS)
    made.chain(made.days[0])
    yield made
    made.services.database.close()


def reports(world: TradingWorld) -> list[Row]:
    return [world.report(day) for day in world.days]


def test_the_days_of_these_tests_trade_and_decide_and_find_patterns(undisturbed: TradingWorld) -> None:
    rows = undisturbed.rows()

    assert {name: len(table_rows) > 4 for name, table_rows in rows.items()} == dict.fromkeys(rows, True)


@pytest.mark.parametrize("when", INSTANTS)
def test_killed_and_run_again_it_leaves_the_same_rows_and_the_same_report(
    world: TradingWorld, undisturbed: TradingWorld, when: str
) -> None:
    live(world, 1, Instant(INSTANTS[when].what, INSTANTS[when].number))

    world.chain(world.days[1])
    world.chain(world.days[2])

    assert world.rows() == undisturbed.rows()
    assert reports(world) == reports(undisturbed)


def test_days_run_again_after_later_ones_leave_the_same_rows_and_reports(undisturbed: TradingWorld) -> None:
    rows, pages = undisturbed.rows(), reports(undisturbed)

    for day in (undisturbed.days[0], undisturbed.days[1], undisturbed.days[0]):
        undisturbed.chain(day)

    assert undisturbed.rows() == rows
    assert reports(undisturbed) == pages


_DIE = """
import os, signal, sys
from coin_models.clock import FixedClock
from coin_models_tests.pipeline import test_again
from coin_models_tests.pipeline.trading_days import TradingWorld

class Deadly(test_again.Instant):
    def pass_by(self, what):
        try:
            super().pass_by(what)
        except test_again.Killed:
            os.kill(os.getpid(), signal.SIGKILL)

home, when = sys.argv[1:]
world = TradingWorld(test_again.Path(home), num_days=3, coins=test_again.COINS)
world.chain(world.days[0])
found = test_again.INSTANTS[when]
instant = Deadly(found.what, found.number)
world.chain(
    world.days[1], test_again.MortalServices(settings=world.services.settings, clock=world.clock, instant=instant)
)
"""


@pytest.mark.proof
@pytest.mark.parametrize("when", INSTANTS)
def test_sigkill_of_a_real_process_leaves_the_same_rows_and_the_same_report(
    tmp_path: Path, undisturbed: TradingWorld, when: str
) -> None:
    command = [sys.executable, "-c", _DIE, str(tmp_path / "home"), when]
    died = subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    world = TradingWorld(tmp_path / "home", num_days=3, coins=COINS)  # published versions exist there

    for day in world.days[1:]:
        world.chain(day)

    assert world.rows() == undisturbed.rows()
    assert reports(world) == reports(undisturbed)
    world.services.database.close()
