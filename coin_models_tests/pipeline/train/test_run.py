"""A coin-day and its parent, where another session works on the parent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from coin_models.db.lease import LeaseToken
from coin_models.operations.attempts import Outcome
from coin_models.operations.leases import LeaseBook
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.train.run import retrain
from coin_models_tests.pipeline.killable import DAY, MortalServices, World, never

EVERY_DAYS = 3


class HeldAtFirst(LeaseBook):
    """The first time, another session holds what is requested; our plan was made before it could know."""

    was_asked = False

    def acquire(
        self, names: Sequence[str], session_id: str, *, run_id: str | None = None, lifetime: timedelta | None = None
    ) -> dict[str, LeaseToken]:
        if not self.was_asked:
            self.was_asked = True
            return {}
        return super().acquire(names, session_id, run_id=run_id, lifetime=lifetime)


@dataclass(frozen=True, kw_only=True)
class BesideAnother(MortalServices):
    @cached_property
    def leases(self) -> HeldAtFirst:
        return HeldAtFirst(self.database, self.database_clock, lease_seconds=self.settings.operations.lease_seconds)


class WorldOfTwo(World):
    def services(self, instant: object = None) -> BesideAnother:
        return BesideAnother(settings=self.settings, clock=self.clock, memory=self.memory, instant=never())


def world_with_parents(home: Path) -> WorldOfTwo:
    world = WorldOfTwo(home)
    training = world.settings.training.model_copy(update={"full_retrain_every_days": EVERY_DAYS})
    world.settings = world.settings.model_copy(update={"training": training})
    for number in range(EVERY_DAYS):
        list(fetch_candles(world.services(), DAY - timedelta(days=number), world.coins))
    return world


def test_a_parent_that_another_session_leased_a_moment_ago_is_waited_for(tmp_path: Path) -> None:
    world = world_with_parents(tmp_path / "home")
    coin, parent = next((coin, day) for coin in world.coins if (day := parent_day(coin, DAY, EVERY_DAYS)))
    worker = world.worker()

    outcomes = list(retrain(worker, DAY, [coin]))

    assert [(outcome.day, outcome.outcome) for outcome in outcomes] == [(parent, Outcome.DONE), (DAY, Outcome.DONE)]
    assert worker.services.attempts.failures(parent, DAY) == {}
