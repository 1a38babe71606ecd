"""One attempt at a cohort: what is recorded when it fails, and for which coin."""

from pathlib import Path

import pytest
import torch

from coin_models.operations.attempts import Outcome
from coin_models.pipeline.train.attempt import parts_of
from coin_models.training.results import Progress
from coin_models_tests.pipeline.killable import DAY, World

TOGETHER, ALONE = "both are fitted", "BTC is fitted alone"


def failing(progress: Progress) -> None:
    """The cohort fails, and so does one of its coins by itself, for another reason."""
    if len(progress.coins) > 1:
        raise ValueError(TOGETHER)
    if progress.coins == ("BTC",):
        raise ValueError(ALONE)


def test_a_coin_that_fails_alone_after_its_cohort_has_its_own_reason_and_the_other_is_published(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.fetch()

    by_coin = {outcome.coin: outcome for outcome in world.live(progress=failing)}
    rows = {attempt.coin: attempt for attempt in world.services().attempts.between(DAY, DAY)}

    assert (by_coin["BTC"].outcome, by_coin["BTC"].reason) == (Outcome.FAILED, f"ValueError: {ALONE}")
    assert by_coin["ETH"].outcome is Outcome.DONE
    assert (rows["BTC"].outcome, rows["BTC"].reason) == (Outcome.FAILED, f"ValueError: {ALONE}")
    assert rows["ETH"].outcome is Outcome.DONE
    assert rows["ETH"].usage.steps_done > 0


def test_a_cohort_that_finds_no_memory_is_fitted_in_halves_to_the_same_bytes(tmp_path: Path) -> None:
    coins, sizes = ("BTC", "ETH", "SOL"), []

    def full_beyond_two(progress: Progress) -> None:
        sizes.append(len(progress.coins))
        if len(progress.coins) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    small, large = World(tmp_path / "small", coins=coins), World(tmp_path / "large", coins=coins)
    for world in (small, large):
        world.fetch()
    outcomes = small.live(progress=full_beyond_two)
    large.live()

    assert {outcome.outcome for outcome in outcomes} == {Outcome.DONE}
    assert sorted(set(sizes)) == [1, 2, 3]
    assert small.weights() == large.weights()


def test_a_coin_that_finds_no_memory_alone_is_no_faulty_coin(tmp_path: Path) -> None:
    world = World(tmp_path / "home")
    world.fetch()

    def always_full(progress: Progress) -> None:
        raise torch.OutOfMemoryError(f"no memory for {len(progress.coins)}")

    (outcome,) = world.live(coins=("BTC",), progress=always_full)

    assert (outcome.outcome, outcome.version) == (Outcome.UNAVAILABLE, None)
    assert "no memory for 1" in str(outcome.reason)


@pytest.mark.parametrize(
    ("coins", "num_together", "no_memory", "parts"),
    [
        ("ABC", 3, False, ["A", "B", "C"]),
        ("ABC", 3, True, ["AB", "C"]),
        ("AB", 3, True, ["AB"]),  # the third was published before, and fitted along
        ("A", 3, True, ["A"]),
        ("A", 3, False, []),
        ("A", 1, True, []),
    ],
)
def test_a_failed_cohort_has_smaller_parts_until_there_is_none(
    coins: str, num_together: int, no_memory: bool, parts: list[str]
) -> None:
    assert parts_of(coins, num_together=num_together, no_memory=no_memory) == parts
