"""Cleanup: removed after a week, never anything in use, and by one machine every six hours."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coin_models.clock import FixedClock
from coin_models.errors import StoreUnavailable
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.cleanup import EVERY, CleanupResult, clean_up_if_due
from coin_models.pipeline.services import HIGH_WATER_MARKS, LOCAL_CHECKPOINTS, Services
from coin_models.registry.versions import Publication
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.registry import builders

DAY = builders.DAY
COHORT = "0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Attic(Services):
    """A services whose store and clock a test can reach."""

    clock: FixedClock

    @cached_property
    def store(self) -> MemoryStore:
        return MemoryStore(clock=self.clock)

    def wait(self, **length: float) -> None:
        self.clock.advance(timedelta(**length))

    def cut_off(self, coin: str, *, num_objects: int = 2) -> None:
        """An attempt that is killed while it publishes, after that many objects and before the row."""
        session = self.sessions.open(CostSettings(), code_version="0" * 64).session_id
        attempt = self.attempts.begin([coin], DAY, session)[coin]
        version = Publication(bundle=builders.bundle(coin, created_at=self.clock.now())).version()
        for key in (version.weights_key, version.manifest_key)[:num_objects]:
            self.store.put(key, b"bytes")
        self.attempts.finish(attempt, Outcome.INTERRUPTED, action=AttemptAction.TRAINED)

    def publish(self, coin: str) -> None:
        self.registry.publish(builders.bundle(coin, created_at=self.clock.now()), lease=None)

    def sweep(self) -> CleanupResult:
        """The next turn."""
        self.wait(hours=6)
        swept = clean_up_if_due(self)
        assert swept is not None
        return swept

    def num_objects(self) -> int:
        return len(self.store.list(""))


def new_attic(home: Path) -> Attic:
    return Attic(settings=Settings(home=home), clock=FixedClock(datetime.now(UTC)))


@pytest.fixture
def attic(tmp_path: Path) -> Iterator[Attic]:
    made = new_attic(tmp_path / "home")
    yield made
    made.database.close()


def test_checkpoints_that_nobody_wrote_to_for_a_week_go_here_and_in_the_store(attic: Attic) -> None:
    for store in (attic.store, attic.local_checkpoints):
        store.put(keys.checkpoint_state(DAY, COHORT, 10), b"state")
        store.put(keys.checkpoint_manifest(DAY, COHORT, 10) + ".damaged", b"manifest")
    attic.wait(days=7, hours=1)
    attic.store.put(keys.checkpoint_state(DAY, COHORT, 20), b"state")

    swept = attic.sweep()

    assert str(swept) == "removed, unused for 7 days: 4 checkpoint object(s)"
    assert [info.key for info in attic.store.list("")] == [keys.checkpoint_state(DAY, COHORT, 20)]
    assert attic.local_checkpoints.list("") == []


@pytest.mark.parametrize("num_objects", [1, 2])
def test_what_a_kill_left_without_a_row_goes_after_a_week_and_not_before(num_objects: int, attic: Attic) -> None:
    attic.cut_off("BTC", num_objects=num_objects)
    attic.wait(days=6)
    early = attic.sweep()
    attic.wait(days=1)

    late = attic.sweep()

    assert (early.num_model_objects, late.num_model_objects) == (0, num_objects)
    assert attic.num_objects() == 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    tries=st.lists(st.tuples(st.sampled_from(["BTC", "ETH"]), st.sampled_from(["weights", "both", "row"])), max_size=6)
)
def test_whatever_was_cut_off_and_published_in_between_every_version_stays_whole_and_nothing_else(
    tries: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    attic = new_attic(tmp_path_factory.mktemp("attic"))
    for coin, reached in tries:
        attic.cut_off(coin, num_objects=1 if reached == "weights" else 2)
        if reached == "row":
            attic.publish(coin)
        attic.wait(hours=1)
    attic.wait(days=8)

    attic.sweep()

    versions = attic.registry.versions()
    assert {version.coin for version in versions} == {coin for coin, reached in tries if reached == "row"}
    assert list(attic.registry.verify()) == []
    assert attic.num_objects() == 2 * len(versions)
    attic.database.close()


def test_a_coin_day_that_somebody_works_on_is_left_to_the_next_turn(attic: Attic) -> None:
    attic.cut_off("BTC")
    attic.wait(days=8)
    attic.wait(hours=6)
    held = attic.leases.acquire([coin_day_lease("BTC", DAY)], "at work")
    swept = clean_up_if_due(attic)
    attic.leases.release(held.values())

    assert swept is not None
    assert swept.num_model_objects == 0
    assert attic.sweep().num_model_objects == 2


def test_while_objects_are_removed_nobody_can_begin_to_publish_them(attic: Attic) -> None:
    attic.cut_off("BTC")
    attic.wait(days=8)
    won: list[object] = []

    def try_to_begin(moment: str, _key: str) -> None:
        if moment == "delete":
            won.append(attic.leases.acquire([coin_day_lease("BTC", DAY)], "another"))

    attic.store.fault = try_to_begin
    attic.sweep()

    assert won == [{}, {}]
    assert attic.leases.acquire([coin_day_lease("BTC", DAY)], "another")


def test_one_machine_sweeps_and_then_nobody_for_six_hours(attic: Attic) -> None:
    first, second = clean_up_if_due(attic), clean_up_if_due(attic)
    attic.wait(seconds=EVERY.total_seconds() - 1)
    third = clean_up_if_due(attic)
    attic.wait(seconds=1)

    assert str(first) == "nothing to remove"
    assert (second, third) == (None, None)
    assert clean_up_if_due(attic) is not None


def test_leases_and_high_water_marks_of_long_ago_go_too(attic: Attic) -> None:
    high_water_mark = attic.settings.home / LOCAL_CHECKPOINTS / HIGH_WATER_MARKS / COHORT
    high_water_mark.parent.mkdir(parents=True)
    high_water_mark.write_bytes(bytes(8))
    attic.leases.acquire([coin_day_lease("BTC", DAY)], "long ago")
    attic.wait(days=8)

    assert attic.sweep().num_leases == 1
    assert not high_water_mark.exists()


def test_a_store_that_is_away_fails_nobody_and_is_said(attic: Attic, caplog: pytest.LogCaptureFixture) -> None:
    def away(moment: str, key: str) -> None:
        raise StoreUnavailable(f"could not {moment} {key}: time-out")

    attic.store.fault = away
    with caplog.at_level(logging.WARNING):
        swept = clean_up_if_due(attic)

    assert swept is None
    assert "cleanup failed, the next one is in 6:00:00: could not list checkpoints/: time-out" in caplog.text


def test_sweeping_needs_no_torch() -> None:
    code = "import sys, coin_models.pipeline.cleanup; print('torch' in sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert output.strip() == "False"
