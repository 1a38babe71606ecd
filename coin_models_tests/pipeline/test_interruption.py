"""Killed at any instant and resumed by the next process: each coin is published once, with the uninterrupted bytes."""

import pytest

from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.storage import keys
from coin_models.training.results import Progress
from coin_models_tests.pipeline.killable import COINS, DAY, Instant, Killed, World

INSTANTS = [
    ("INSERT INTO leases", 1),
    ("INSERT INTO attempts", 1),
    ("put checkpoints state", 1),
    ("put checkpoints manifest", 1),
    ("put done checkpoints manifest", 1),
    ("put models weights", 1),
    ("put done models weights", 2),
    ("put models manifest", 1),
    ("put done models manifest", 2),
    ("INSERT INTO model_versions", 1),
    ("INSERT INTO model_versions", 2),
    ("delete checkpoints manifest", 1),  # how many there are depends on how busy the machine is
    ("UPDATE attempts SET", 1),
    ("UPDATE attempts SET", 2),
]


@pytest.mark.parametrize(("what", "number"), INSTANTS)
def test_killed_before_it_the_next_process_ends_as_if_nothing_had_happened(
    what: str, number: int, world: World, uninterrupted: dict[str, str]
) -> None:
    instant = Instant(what, number)
    before = world.live(instant)
    world.reap()
    after = world.live()

    assert instant.dead
    assert before == []
    assert {outcome.coin for outcome in after} == set(COINS)
    assert world.weights() == uninterrupted


def test_killed_at_every_instant_of_publishing_one_after_the_other(world: World, uninterrupted: dict[str, str]) -> None:
    for what in ("put models weights", "put models manifest", "INSERT INTO model_versions", "UPDATE attempts SET"):
        instant = Instant(what)
        world.live(instant)
        world.reap()
        assert instant.dead

    last = world.live()

    assert [outcome.action for outcome in last] == [AttemptAction.REUSED] * 2
    assert world.weights() == uninterrupted


def test_killed_between_row_and_dagsters_event_nothing_is_trained_again(world: World) -> None:
    world.live(Instant("UPDATE attempts SET"))
    world.reap()
    steps: list[Progress] = []

    outcomes = world.live(progress=steps.append)

    assert [outcome.outcome for outcome in outcomes] == [Outcome.REUSED] * 2
    assert steps == []


def test_killed_in_validation_it_goes_on_from_a_checkpoint(world: World, uninterrupted: dict[str, str]) -> None:
    def kill(progress: Progress) -> None:
        if progress.phase == "validate" and progress.epoch == 2:
            raise Killed

    world.live(progress=kill)
    world.reap()
    outcomes = world.live()

    assert [outcome.action for outcome in outcomes] == [AttemptAction.RESUMED] * 2
    assert world.weights() == uninterrupted


def test_an_interruption_counts_as_one_and_not_as_a_failure(world: World) -> None:
    world.live(Instant("put models weights"))
    world.reap()

    attempts = world.services().attempts.between(DAY, DAY)
    assert [(attempt.coin, attempt.outcome) for attempt in attempts] == [
        ("BTC", Outcome.INTERRUPTED),
        ("ETH", Outcome.INTERRUPTED),
    ]


def test_checkpoints_are_gone_once_the_cohort_is_published(world: World) -> None:
    world.live(Instant("put models weights"))
    left_by_the_killed_one = world.memory.list(keys.CHECKPOINTS)
    world.reap()
    world.live()

    assert left_by_the_killed_one != []
    assert world.memory.list(keys.CHECKPOINTS) == []
