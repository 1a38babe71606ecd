"""The notification sensor: posts new messages, delivers those that are due, and reports what it did.

`coin-models retrain` sends notifications too, at its end. The outbox prevents a second message about the same event.
"""

from collections.abc import Callable, Sequence
from functools import cache

from dagster import DefaultSensorStatus, SensorDefinition, SkipReason, sensor

from coin_models.pipeline.services import open_services
from coin_models.settings.root import Settings

Tell = Callable[[], object]
"""Tells what is to be told; what it returns says in words what it did."""

_SECONDS = 60


def build_notifications(settings: Settings, coins: Sequence[str], tell: Tell | None = None) -> SensorDefinition:
    """The sensor; without a channel in the settings a tick opens nothing and asks nothing."""

    @cache
    def teller() -> Tell:
        if tell is not None:
            return tell
        from coin_models.pipeline.notices import Notices

        return Notices(open_services(settings, create=True), coins).tell

    @sensor(
        name="notifications",
        minimum_interval_seconds=_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Sends notifications: day complete or late, interruptions, quarantine, budget.",
    )
    def notifications() -> SkipReason:
        if not settings.notify.has_channel:
            return SkipReason("no channel is configured (COIN_MODELS_NOTIFY_URLS): no notifications")
        return SkipReason(str(teller()()))

    return notifications
