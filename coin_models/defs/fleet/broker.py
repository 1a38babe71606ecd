"""The broker as a question: does it answer, and how many runs wait in its queues."""

from collections.abc import Sequence
from typing import Any, Final

from kombu.connection import Connection
from kombu.exceptions import ChannelError, OperationalError

from coin_models.errors import BrokerUnavailable, UsageError
from coin_models.settings.fleet import FleetSettings

_CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 5.0
"""Without a limit, one that accepts the connection and then is silent would be waited for without end."""


def connection_to(fleet: FleetSettings) -> Any:
    """A connection, not made yet.

    Raises:
        UsageError: the settings name no broker.
    """
    if fleet.broker_url is None:
        raise UsageError(
            "a worker needs the broker of its fleet: set COIN_MODELS_FLEET_BROKER_URL (`coin-models stack up --fleet` starts one)"
        )
    return Connection(  # type: ignore[no-untyped-call]
        fleet.broker_url.get_secret_value(),
        connect_timeout=_CONNECT_SECONDS,
        transport_options={"socket_timeout": ANSWER_SECONDS},
    )


def broker_of(fleet: FleetSettings) -> str:
    """Its address, without the password."""
    with connection_to(fleet) as connection:
        return f"{connection.hostname}:{connection.port}"


def require_broker(fleet: FleetSettings) -> None:
    """Raises BrokerUnavailable, with its words, where it does not answer."""
    with connection_to(fleet) as connection:
        _connect(connection)


def queue_depths(fleet: FleetSettings, queues: Sequence[str]) -> dict[str, int]:
    """How many runs wait in each queue; looking makes none.

    Raises:
        BrokerUnavailable: it does not answer.
    """
    with connection_to(fleet) as connection:
        _connect(connection)
        return {queue: _depth(connection, queue) for queue in queues}


def _depth(connection: Any, queue: str) -> int:
    try:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
    except ChannelError:  # Redis keeps no empty list
        return 0


def _connect(connection: Any) -> None:
    try:
        connection.ensure_connection(max_retries=1, timeout=_CONNECT_SECONDS)
    except OperationalError as error:
        raise BrokerUnavailable(
            f"the broker {connection.hostname}:{connection.port} does not answer: {error}; check fleet.broker_url, and that "
            "this machine may reach it"
        ) from None
