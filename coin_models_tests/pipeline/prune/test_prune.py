"""`prune` does what the dry run says, once, and after a kill at any step the next call brings the same end."""

from pathlib import Path

import pytest

from coin_models.errors import Deferred
from coin_models.operations.turns import HOME, Turn
from coin_models.pipeline.prune.prune import plan_pruning, prune
from coin_models.registry.rebuild import rebuild_versions
from coin_models.settings.root import Settings
from coin_models_tests.db.filled import contents
from coin_models_tests.pipeline.prune.old_home import OldHome


def lived_in(home: Path) -> OldHome:
    """Five weeks of two coins, most of it old; one champion."""
    made = OldHome(settings=Settings(home=home))
    for coin in ("BTC", "ETH"):
        full = ""
        for days in range(430, 395, -1):
            is_full = days % 7 == 0 or not full
            version = made.publish(coin, days, parent=None if is_full else full)
            full = version if is_full else full
            made.trade(coin, days - 1, version, "challenger")
            made.forecast(coin, days - 1)
            made.decide(coin, days - 1, full, "promote" if days == 420 else "hold")
    return made


def end(home: OldHome) -> tuple[object, set[str]]:
    return contents(home.database), home.objects()


@pytest.fixture
def home(tmp_path: Path) -> OldHome:
    return lived_in(tmp_path / "home")


def test_what_the_dry_run_counts_is_what_goes_and_the_second_call_has_nothing_to_do(home: OldHome) -> None:
    before, objects = len(home.versions()), len(home.store.list("models/"))
    announced = plan_pruning(home).counts

    done = home.prune()

    assert announced == done
    assert before - len(home.versions()) == done["model versions"]
    assert objects - len(home.store.list("models/")) == 2 * done["model versions"]
    assert plan_pruning(home).counts == {}


def test_a_rebuild_of_the_pruned_store_lists_what_the_pruned_table_does(home: OldHome) -> None:
    home.prune()
    rebuilt = rebuild_versions(home.database, home.store, lambda *_: None)

    # The objects are no manifests here, so a key without a row would be left out by name.
    assert (rebuilt.left_out, rebuilt.num_existing) == ({}, len(home.versions()))


@pytest.mark.parametrize("step", [0, 1, 3, 9, 20, 40, 70])
def test_after_a_kill_at_any_step_the_next_call_brings_the_same_end(step: int, tmp_path: Path) -> None:
    whole, killed = lived_in(tmp_path / "whole"), lived_in(tmp_path / "killed")
    whole.prune()

    class Killed(BaseException):
        pass

    steps = iter(range(1_000))

    def progress(_what: str, _done: int, _total: int) -> None:
        if next(steps) == step:
            raise Killed

    with pytest.raises(Killed):
        prune(killed, plan_pruning(killed), progress)
    killed.prune()

    assert end(killed) == end(whole)


def test_it_stops_between_two_steps_and_the_next_turn_continues(home: OldHome) -> None:
    calls = iter([False, False, True])

    assert prune(home, plan_pruning(home), is_over=lambda: next(calls)) is False
    assert plan_pruning(home).counts
    home.prune()
    assert plan_pruning(home).counts == {}


def test_nothing_is_pruned_while_a_backup_is_made(home: OldHome) -> None:
    with Turn(home.leases, HOME, "a backup"), pytest.raises(Deferred, match="makes a backup of this home or prunes it"):
        prune(home, plan_pruning(home))

    home.prune()
