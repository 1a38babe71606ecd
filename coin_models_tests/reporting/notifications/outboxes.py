"""An outbox with its channels and the time, and messages to post."""

from datetime import date, timedelta

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.reporting.notifications.channels import RecordingChannel
from coin_models.reporting.notifications.delivery import DeliveryReport, deliver_due
from coin_models.reporting.notifications.messages import Message, interrupted
from coin_models.reporting.notifications.outbox import Outbox
from coin_models.settings.costs import NotifySettings

DAY = date(2025, 3, 1)


class PostOffice:
    """An outbox, its channels and the time, as one thing to play with."""

    def __init__(self, database: Database, clock: FixedClock, *channels: RecordingChannel, **settings: float) -> None:
        self.channels = channels or (RecordingChannel(),)
        self.clock = clock
        self.outbox = Outbox(database, clock, NotifySettings(**settings), channels=self.channels)  # type: ignore[arg-type]

    def deliver(self) -> DeliveryReport:
        return deliver_due(self.outbox, self.channels)

    def after(self, **delta: float) -> DeliveryReport:
        self.clock.advance(timedelta(**delta))
        return self.deliver()

    def titles(self) -> list[str]:
        return [message.title for message in self.channels[0].sent]


def interruption(number: int) -> Message:
    return interrupted(f"s{number}", machine=f"m{number}", saved="saved in 0.4 of 5.0 s", when="02:10")
