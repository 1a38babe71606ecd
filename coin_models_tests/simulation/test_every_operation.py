"""Each kind of fault at each operation of a day: a sample here, every 23rd in `make proof`."""

import logging
import os

import pytest

from coin_models.simulation.every_operation import KINDS, fail_every_operation, operations_of_a_day

logger = logging.getLogger(__name__)
SAMPLED = 997  # a prime: the kinds take turns
EVERY = int(os.environ.get("COIN_MODELS_TESTS_EVERY_OPERATION", "23"))


def test_a_sample_of_faults_at_operations_breaks_no_guarantee() -> None:
    tried = fail_every_operation(SAMPLED)

    assert tried.to_json()["broken"] == []
    assert tried.num_tried == -(-tried.num_operations * len(KINDS) // SAMPLED)


@pytest.mark.proof
@pytest.mark.timeout(7200)
def test_a_fault_of_each_kind_at_operations_all_through_the_day_breaks_no_guarantee() -> None:
    tried = fail_every_operation(EVERY)

    logger.info(f"{tried.num_operations} operations, {tried.num_tried} faults tried")
    assert tried.to_json()["broken"] == []


def test_a_day_has_operations_of_every_kind() -> None:
    names = operations_of_a_day()

    assert {name.split(" sql ")[0].split(" store ")[0].rsplit(" ", 2)[0] for name in names}
    for kind in (" sql COMMIT", " store put models", " source fetch", " channel send", " fit step", " disk put"):
        assert any(kind in name for name in names), kind
