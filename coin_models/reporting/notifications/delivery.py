"""Delivers pending messages of the outbox: from a Dagster sensor or the CLI, never from the fit."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from coin_models.errors import DatabaseError
from coin_models.reporting.notifications.channels import Channel, ChannelError
from coin_models.reporting.notifications.outbox import Outbox

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What one pass did, in messages."""

    num_delivered: int = 0
    num_failed: int = 0
    num_given_up: int = 0
    problems: tuple[str, ...] = ()
    """One sentence per channel that failed."""


def deliver_due(outbox: Outbox, channels: Sequence[Channel], *, max_messages: int = 20) -> DeliveryReport:
    """Sends what is due, channel by channel; a channel that fails waits for the next pass, the others continue.

    Raises nothing that a message could be the cause of: a pass that cannot reach the database says so in its report.
    """
    reports = [_deliver(outbox, channel, max_messages) for channel in channels]
    problems = tuple(problem for report in reports for problem in report.problems)
    for problem in problems:
        _logger.warning("a message was not delivered", extra={"reason": problem})
    return DeliveryReport(
        num_delivered=sum(report.num_delivered for report in reports),
        num_failed=sum(report.num_failed for report in reports),
        num_given_up=sum(report.num_given_up for report in reports),
        problems=problems,
    )


def _deliver(outbox: Outbox, channel: Channel, max_messages: int) -> DeliveryReport:
    """Sends to one channel until nothing is due or a message fails."""
    num_delivered = 0
    try:
        while num_delivered < max_messages and (claim := outbox.claim(channel.channel_id)):
            try:
                channel.send(claim.message)
            except ChannelError as error:
                given_up = outbox.failed(claim, str(error))
                return DeliveryReport(
                    num_delivered=num_delivered, num_failed=1, num_given_up=int(given_up), problems=(str(error),)
                )
            outbox.delivered(claim)
            num_delivered += 1
    except DatabaseError as error:
        return DeliveryReport(num_delivered=num_delivered, problems=(f"{channel.label}: {error}",))
    return DeliveryReport(num_delivered=num_delivered)
