"""An error that ends a whole run is the reason of each coin that it did not reach, and uses up no attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from coin_models.errors import StoreRefused
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.train.unreached import record_unstarted
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo
from coin_models_tests.pipeline.killable import DAY, MortalServices, World, never

_REASON = "the keys of the store are wrong"


class Refusing(MemoryStore):
    """A store that lists no checkpoints."""

    def list(self, prefix: str) -> Sequence[ObjectInfo]:
        raise StoreRefused(_REASON)


@dataclass(frozen=True, kw_only=True)
class WithoutCheckpoints(MortalServices):
    @cached_property
    def local_checkpoints(self) -> Refusing:
        return Refusing()


class WorldWithoutCheckpoints(World):
    def services(self, instant: object = None) -> WithoutCheckpoints:
        return WithoutCheckpoints(settings=self.settings, clock=self.clock, memory=self.memory, instant=never())


def test_what_ends_the_run_is_the_outcome_of_every_coin_that_was_not_reached(tmp_path: Path) -> None:
    world = WorldWithoutCheckpoints(tmp_path / "home")
    world.fetch()
    worker = world.worker()

    with pytest.raises(StoreRefused):
        list(retrain(worker, DAY, world.coins))
    tries = worker.services.attempts.failures(DAY, DAY)

    assert {key: (item.outcome, item.reason) for key, item in worker.outcomes.items()} == {
        (coin, DAY): (Outcome.UNAVAILABLE, _REASON) for coin in world.coins
    }
    assert {
        coin: (counts.num_failed, counts.num_unavailable) for (coin, _, _), counts in tries.items()
    } == dict.fromkeys(world.coins, (0, 1))


def test_the_session_of_a_run_that_never_started_costs_what_its_process_took_and_is_closed(world: World) -> None:
    services = world.services()
    items = list(plan_now(services, [DAY], world.coins))

    record_unstarted(services, items, _REASON, age_seconds=4.0)
    (session_id,) = {attempt.session_id for attempt in services.attempts.between(DAY, DAY)}

    assert services.sessions.open_sessions() == []
    assert services.sessions.end_reason(session_id) == "failed"
    assert {item.action.word for item in plan_now(services, [DAY], world.coins)} == {"unavailable"}
