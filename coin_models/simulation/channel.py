"""The channel of a night: where messages arrive."""

from collections.abc import Callable

from coin_models.reporting.notifications.channels import ChannelError
from coin_models.reporting.notifications.messages import Message
from coin_models.reporting.notifications.rendering import Rendered
from coin_models.simulation.operations import Operations


class SimulatedChannel:
    """Takes every message; a fault loses it before, or its receipt after it arrived."""

    channel_id = "simulated"
    label = "simulated"

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self.arrived: list[Rendered] = []

    def takes(self, _message: Message) -> bool:
        """All of them."""
        return True

    def send(self, message: Rendered) -> None:
        """See `Channel.send`."""
        arrive: Callable[[], None] = lambda: self.arrived.append(message)  # noqa: E731 - an effect
        self._operations.run("channel", f"send {message.title[:20]}", arrive, ChannelError)
