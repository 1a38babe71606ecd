"""The night's store: each call is an operation, and it may be away."""

from coin_models.errors import StoreUnavailable
from coin_models.simulation.faults import FaultKind
from coin_models.simulation.store import shown
from coin_models.simulation.world import SimulatedServices
from coin_models_tests.simulation.worlds import fault, run_in, world_with


def put(services: SimulatedServices) -> None:
    services.store.put("models/BTC/2026-03-10/weights-abc.safetensors", b"1")


def test_a_put_whose_answer_is_lost_is_there_all_the_same() -> None:
    with world_with(fault(0, FaultKind.FAIL_AFTER)) as world:
        process = run_in(world, put)

        assert isinstance(process.failure, StoreUnavailable)
        assert world.memory.get("models/BTC/2026-03-10/weights-abc.safetensors") == b"1"


def test_a_store_that_is_away_refuses_and_takes_nothing() -> None:
    with world_with() as world:
        world.store.is_away = True
        process = run_in(world, put)

        assert isinstance(process.failure, StoreUnavailable)
        assert world.memory.list("models/BTC/2026-03-10") == []


def test_each_machine_has_a_disk_of_its_own() -> None:
    with world_with() as world:
        world.disk("a").put("x", b"1")

        assert [info.key for info in world.disk("a").list("")] == ["x"]
        assert world.disk("b").list("") == []


def test_a_name_shows_no_digest() -> None:
    assert shown("models/BTC/2026-03-10/weights-abc.safetensors") == "models/BTC/2026-03-10 weights"
