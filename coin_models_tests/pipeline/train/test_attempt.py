"""One attempt at a cohort: what is recorded when it fails, and for which coin."""

from pathlib import Path

from coin_models.operations.attempts import Outcome
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
