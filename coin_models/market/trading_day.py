"""The newest trading day: the last one whose candles can be complete."""

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from coin_models.clock import Clock, newest_complete_day
from coin_models.errors import CandlesRejected, SourceRefused, UsageError
from coin_models.market.candle_files import CandleFiles, FileFacts, stamp_of
from coin_models.market.eligibility import ENDED_AFTER_DAYS
from coin_models.market.files.listing import coin_files
from coin_models.market.timeframe import day_of_ms, days_between, parse_timeframe
from coin_models.settings.root import Settings

_log = logging.getLogger(__name__)

_SHARE_OF_FILES: Final = 0.9


def complete_days(first: date, last: date, clock: Clock) -> list[date]:
    """The days from `first` to `last`, all over by now.

    Raises:
        UsageError: `first` is after `last`, or `last` is not over yet.
    """
    if first > last:
        raise UsageError(f"the first day {first} is after the last one {last}; swap them")
    if last > (newest := newest_complete_day(clock)):
        raise UsageError(f"{last} is not over yet; the newest complete trading day is {newest}")
    return days_between(first, last)


def newest_trading_day(settings: Settings, clock: Clock, files: CandleFiles | None = None) -> date:
    """The newest day that can be trained: yesterday (UTC); for files, the last full day in them, where that is earlier.

    The last full day of files is the newest that nine in ten of them hold to its end, so that one file that is ahead
    moves nothing. Files that ended `ENDED_AFTER_DAYS` days before the newest one are of delisted coins and do not count.

    Args:
        settings: which source, which files.
        clock: tells what yesterday is.
        files: where the last look into each file is kept; unset: every file is looked into.

    Raises:
        SourceRefused: the folder cannot be read, or none of its files holds a full day.
    """
    yesterday = newest_complete_day(clock)
    folder = settings.market.files_path
    if settings.source != "files" or folder is None:
        return yesterday
    last_read = files.read() if files is not None else {}
    facts_by_coin = _look(settings, last_read, clock)
    if files is not None:
        files.write({coin: facts for coin, facts in facts_by_coin.items() if last_read.get(coin) != facts})
    by_coin = [
        [file.last_close_ms for file in facts if file.last_close_ms is not None] for facts in facts_by_coin.values()
    ]
    closes = [max(of_files) for of_files in by_coin if of_files]
    if not closes:
        raise SourceRefused(
            f"no file in {folder} holds a candle that can be read; `coin-models candles check` says why"
        )
    return min(yesterday, last_full_day([day_of_ms(close) - timedelta(days=1) for close in closes]))


def last_full_day(days: list[date]) -> date:
    """The newest day that nine in ten of the coins have, given the last full day of each; ended ones left aside."""
    newest = max(days)
    alive = sorted(day for day in days if day > newest - timedelta(days=ENDED_AFTER_DAYS))
    return alive[int(len(alive) * (1 - _SHARE_OF_FILES) + 1e-9)]


def _look(
    settings: Settings, last_read: Mapping[str, tuple[FileFacts, ...]], clock: Clock
) -> dict[str, tuple[FileFacts, ...]]:
    """The facts of each coin's files; only changed ones are looked into."""
    if settings.market.files_path is None:
        return {}
    timeframe = parse_timeframe(settings.timeframe)
    facts_by_coin = {}
    for coin, files in coin_files(settings.market.files_path, settings.quote, timeframe).items():
        if settings.universe and coin not in settings.universe:
            continue
        try:
            stamps = {file: stamp_of(file.path) for file in files}
        except CandlesRejected as error:
            _log.debug("%s", error)
            continue
        before = {facts.stamp: facts for facts in last_read.get(coin, ())}
        if all(stamp in before for stamp in stamps.values()):
            facts_by_coin[coin] = tuple(before[stamp] for stamp in stamps.values())
            continue
        from coin_models.market.files.peek import last_closes_ms  # brings pandas, only where a file changed

        closes = last_closes_ms(files, timeframe, clock.now())
        facts_by_coin[coin] = tuple(
            before.get(stamp) or FileFacts(stamp=stamp, last_close_ms=closes.get(file))
            for file, stamp in stamps.items()
        )
    return facts_by_coin
