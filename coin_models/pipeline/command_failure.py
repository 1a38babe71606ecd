"""What remains of a command that could not do its work: an attempt of each coin-day that it was to make, and a message.

It works on the database alone, since anything else may be what failed. The message goes through the outbox, so that a
supervisor that repeats the command each minute sends one a day; past it where the database itself is unavailable, or is
not the one that was meant. Settings that are refused leave their channels, where those can be read.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from coin_models.clock import SystemClock, newest_complete_day
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
from coin_models.settings.channels import readable_channels
from coin_models.settings.costs import NotifySettings
from coin_models.settings.root import Settings

if TYPE_CHECKING:  # it brings apprise
    from coin_models.reporting.notifications.messages import Message

logger = logging.getLogger(__name__)

_PATIENCE_SECONDS = 1.0

RecordRun = Callable[[Settings, CoinModelsError, Sequence[date]], str | None]
"""Shows the failure in the UI; returns the run's id."""


def note_failure(
    settings: Settings, error: CoinModelsError, days: Sequence[date] | None, record_run: RecordRun = lambda *_: None
) -> None:
    """Records and tells why nothing was done; raises nothing that another broken place could be the cause of.

    Args:
        settings: of the command.
        error: that ended it.
        days: that were requested; None: the newest trading day.
        record_run: called where there is a database.
    """
    if isinstance(error, UsageError):
        return
    if isinstance(error, HomeError):  # nothing is written into a database that is not the one that was meant
        _tell_directly(settings, error, (days or [_today()])[-1])
        return
    try:
        if not has_database(settings, patience_seconds=_PATIENCE_SECONDS):
            # Nothing was trained here yet, and a command that could not work leaves no home behind.
            _tell_directly(settings, error, (days or [_today()])[-1])
            return
        with Services(settings=settings) as services:
            asked = days or _newest_day(settings, services)
            _record(services, error, asked, record_run(settings, error, asked))
    except CoinModelsError as problem:
        asked = days or [_today()]
        logger.info("the failure is not recorded: %s", problem)
    _tell_or_directly(settings, error, asked[-1])


def tell_failure(settings: Settings, error: CoinModelsError) -> None:
    """Tells why a machine of the fleet does no work; no coin-day waits for it, as another machine may train it."""
    if isinstance(error, UsageError):
        return
    tell = _tell_directly if isinstance(error, HomeError) else _tell_or_directly
    tell(settings, error, _today())


def tell_refused_settings(error: SettingsError) -> None:
    """Tells what is wrong with the settings, through the channels among them that can be read."""
    channels = readable_channels()
    if channels is not None:
        _send(channels.notify, error, _today(), home=channels.home)


def _today() -> date:
    return SystemClock().now().date()


def _tell_or_directly(settings: Settings, error: CoinModelsError, day: date) -> None:
    try:
        _tell(settings, error, day)
    except CoinModelsError as problem:
        logger.info("the message cannot wait in the outbox: %s", problem)
        _tell_directly(settings, error, day)


def _newest_day(settings: Settings, services: Services) -> list[date]:
    """The newest trading day; without a source that says it, yesterday's."""
    try:
        return [newest_trading_day(settings, services.clock)]
    except CoinModelsError:
        return [newest_complete_day(services.clock)]


def _record(services: Services, error: CoinModelsError, days: Sequence[date], run_id: str | None) -> None:
    """An attempt of each coin-day of the universe that is due, as the database knows it."""
    plan = plan_now(services, days, resolve_universe(services.settings), by_hand=True)
    items = [item for item in plan if item.is_due_now]
    record_unstarted(services, items, str(error), run_id=run_id, age_seconds=process_age_seconds())


def _tell(settings: Settings, error: CoinModelsError, day: date) -> None:
    if not settings.notify.has_channel:
        return
    # Late: apprise takes a fifth of a second.
    from coin_models.reporting.notifications.channels import build_channels
    from coin_models.reporting.notifications.delivery import deliver_due
    from coin_models.reporting.notifications.outbox import Outbox

    clock, channels = SystemClock(), build_channels(settings.notify)
    database = open_database(settings, migrate=False, patience_seconds=_PATIENCE_SECONDS)
    try:
        outbox = Outbox(database, clock, settings.notify, channels=channels)
        if outbox.post(_message(error, day)):
            deliver_due(outbox, channels)
    finally:
        database.close()


def _tell_directly(settings: Settings, error: CoinModelsError, day: date) -> None:
    if settings.notify.has_channel:
        _send(settings.notify, error, day, home=settings.home)


def _send(notify: NotifySettings, error: CoinModelsError, day: date, *, home: Path) -> None:
    from coin_models.reporting.notifications.channels import build_channels
    from coin_models.reporting.notifications.without_database import send_once

    send_once(_message(error, day), build_channels(notify), home=home)


def _message(error: CoinModelsError, day: date) -> "Message":
    from coin_models.reporting.notifications import messages

    return messages.unavailable(day, reason=str(error), cause=normalised(str(error), ()), coins=())
