"""The broker as a question, on a real Redis."""

import pytest

from coin_models.defs.fleet.broker import broker_of, connection_to, queue_depths, require_broker
from coin_models.dev_stack.redis import RedisServer
from coin_models.errors import BrokerUnavailable
from coin_models.settings.fleet import FleetSettings
from coin_models_tests.defs.fleet.conftest import PASSWORD


def test_a_broker_that_does_not_answer_is_named_without_its_password(fleet: FleetSettings, broker: RedisServer) -> None:
    require_broker(fleet)
    broker.process.kill()

    with pytest.raises(BrokerUnavailable, match="does not answer") as raised:
        require_broker(fleet)

    assert broker_of(fleet) in str(raised.value)
    assert PASSWORD not in str(raised.value)


def test_the_depth_of_a_queue_is_the_number_of_its_messages_and_an_unknown_queue_is_empty(fleet: FleetSettings) -> None:
    with connection_to(fleet) as connection, connection.SimpleQueue("any") as queue:
        for number in range(3):
            queue.put({"number": number})

    assert queue_depths(fleet, ["any", "gpu"]) == {"any": 3, "gpu": 0}
