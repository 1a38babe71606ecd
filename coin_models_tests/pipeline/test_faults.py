"""A store, disk, database or clock fails during a retraining: nothing is lost, and the next run gives the uninterrupted
result.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from coin_models.errors import DatabaseUnavailable, StoreUnavailable
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.storage import keys
from coin_models.training.results import Progress
from coin_models_tests.pipeline.killable import COINS, DAY, Instant, World


@dataclass(slots=True)
class Outage(Instant):
    """That many of the things whose description begins so fail; the process lives on."""

    error: Callable[[], Exception] = field(default=lambda: StoreUnavailable("the disk is full; free some space"))

    def pass_by(self, what: str) -> None:
        if what.startswith(self.what) and self.number > 0:
            self.number -= 1
            raise self.error()
        self.seen.append(what)


ALWAYS = 1_000_000


def database_away() -> Exception:
    return OperationalError("statement", None, sqlite3.OperationalError("database is locked"))


def outcomes_of(world: World) -> list[tuple[str, Outcome]]:
    return [(attempt.coin, attempt.outcome) for attempt in world.services().attempts.between(DAY, DAY)]


@pytest.mark.parametrize("what", ["put models weights", "put models manifest"])
def test_a_disk_that_is_full_when_a_model_is_stored_costs_neither_attempt_nor_training(
    what: str, world: World, uninterrupted: dict[str, str]
) -> None:
    failed = world.live(Outage(what, ALWAYS))
    again = world.live()

    assert [(outcome.outcome, outcome.reason) for outcome in failed] == [
        (Outcome.UNAVAILABLE, "the disk is full; free some space")
    ] * 2
    assert [outcome.action for outcome in again] == [AttemptAction.RESUMED] * 2
    assert world.weights() == uninterrupted
    assert world.memory.list(keys.CHECKPOINTS) == []


def test_a_store_that_takes_no_checkpoint_does_not_stop_the_day(world: World, uninterrupted: dict[str, str]) -> None:
    outcomes = world.live(Outage("put checkpoints", ALWAYS))

    assert [outcome.outcome for outcome in outcomes] == [Outcome.DONE] * 2
    assert world.weights() == uninterrupted


@pytest.mark.parametrize("what", ["INSERT INTO leases", "INSERT INTO attempts", "INSERT INTO model_versions"])
def test_a_database_that_is_away_for_a_moment_when_rows_are_written_is_waited_for(
    what: str, world: World, uninterrupted: dict[str, str]
) -> None:
    outcomes = world.live(Outage(what, 2, error=database_away))

    assert [outcome.outcome for outcome in outcomes] == [Outcome.DONE] * 2
    assert world.weights() == uninterrupted


def test_a_database_that_is_lost_when_attempts_are_closed_ends_the_run_cleanly_and_the_next_one_completes(
    world: World, uninterrupted: dict[str, str]
) -> None:
    with pytest.raises(DatabaseUnavailable, match="database is locked"):
        world.live(Outage("UPDATE attempts SET", 1, error=database_away))
    world.reap()

    world.live()

    assert world.weights() == uninterrupted
    assert Outcome.FAILED not in {outcome for _, outcome in outcomes_of(world)}


def test_a_clock_that_jumps_ahead_in_a_fit_changes_nothing(world: World, uninterrupted: dict[str, str]) -> None:
    def jump(progress: Progress) -> None:
        if progress.phase == "validate" and progress.epoch == 2:
            world.clock.advance(timedelta(hours=1))

    outcomes = world.live(progress=jump)

    assert [outcome.outcome for outcome in outcomes] == [Outcome.DONE] * 2
    assert world.weights() == uninterrupted


def test_a_clock_that_jumps_back_in_a_fit_changes_nothing(world: World, uninterrupted: dict[str, str]) -> None:
    def jump(progress: Progress) -> None:
        if progress.phase == "validate" and progress.epoch == 2:
            world.clock.advance(timedelta(hours=-1))

    outcomes = world.live(progress=jump)

    assert [outcome.outcome for outcome in outcomes] == [Outcome.DONE] * 2
    assert world.weights() == uninterrupted


def test_a_listing_that_does_not_know_the_checkpoint_yet_costs_time_and_changes_no_byte(
    world: World, uninterrupted: dict[str, str]
) -> None:
    world.live(Instant("put models weights"))
    world.reap()
    unseen = {info.key: world.memory.get(info.key) for info in world.memory.list(keys.CHECKPOINTS)}
    for key in unseen:
        world.memory.delete(key)  # the store has them and does not say so
    outcomes = world.live()

    assert unseen
    assert {outcome.coin for outcome in outcomes} == set(COINS)
    assert world.weights() == uninterrupted
