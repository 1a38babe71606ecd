"""What remains of a command that could not do its work: an attempt of each coin-day that it was to make, and a message.

It works on the database alone, since anything else may be what failed. The message goes through the outbox, so that a
supervisor that repeats the command each minute sends one a day. Where the database itself is unavailable, only the command's own
words and its exit code tell.
"""

import logging
from collections.abc import Sequence
from datetime import date

from coin_models.clock import SystemClock
from coin_models.db.opening import open_database
from coin_models.errors import CoinModelsError, HomeError, SettingsError, UsageError
from coin_models.home.opening import has_database
from coin_models.market.trading_day import newest_trading_day
from coin_models.market.universe import resolve_universe
from coin_models.operations.places import normalised
from coin_models.operations.process import process_age_seconds
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.unreached import record_unstarted
from coin_models.settings.root import Settings

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 1.0
_OF_THE_CALLER = (HomeError, SettingsError, UsageError)
"""The database is not the one that was meant, or the person at the terminal is told."""


def note_failure(settings: Settings, error: CoinModelsError, days: Sequence[date] | None) -> None:
    """Records and tells why nothing was done; raises nothing that another broken place could be the cause of.

    Args:
        settings: of the command.
        error: that ended it.
        days: that were requested; None: the newest trading day.
    """
    if isinstance(error, _OF_THE_CALLER):
        return
    try:
        if not has_database(settings, patience_seconds=_PATIENCE_SECONDS):
            return  # nothing was trained here yet, and a command that could not work leaves no home behind
        with Services(settings=settings) as services:
            asked = days or [newest_trading_day(settings, services.clock)]
            _record(services, error, asked)
    except CoinModelsError as problem:
        asked = days or [SystemClock().now().date()]
        logger.info("the failure is not recorded: %s", problem)
    try:
        _tell(settings, error, asked[-1])
    except CoinModelsError as problem:
        logger.info("no message about the failure: %s", problem)


def _record(services: Services, error: CoinModelsError, days: Sequence[date]) -> None:
    """An attempt of each coin-day of the universe that is due, as the database knows it."""
    plan = plan_now(services, days, resolve_universe(services.settings), by_hand=True)
    items = [item for item in plan if item.is_due_now]
    record_unstarted(services, items, str(error), age_seconds=process_age_seconds())


def _tell(settings: Settings, error: CoinModelsError, day: date) -> None:
    if not settings.notify.has_channel:
        return
    # Late: apprise takes a fifth of a second.
    from coin_models.reporting.notifications import messages
    from coin_models.reporting.notifications.channels import build_channels
    from coin_models.reporting.notifications.delivery import deliver_due
    from coin_models.reporting.notifications.outbox import Outbox

    clock, channels = SystemClock(), build_channels(settings.notify)
    database = open_database(settings, migrate=False, patience_seconds=_PATIENCE_SECONDS)
    try:
        outbox = Outbox(database, clock, settings.notify, channels=channels)
        cause = normalised(str(error), ())
        if outbox.post(messages.unavailable(day, reason=str(error), cause=cause, coins=())):
            deliver_due(outbox, channels)
    finally:
        database.close()
