"""Options that several commands share, and the parsing of days and coins."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from coin_models.clock import Clock, newest_complete_day
from coin_models.errors import UsageError

Day = Annotated[str | None, typer.Option("--day", help="Trading day, YYYY-MM-DD; default: the newest complete one.")]
First = Annotated[str | None, typer.Option("--from", help="First trading day of a range.")]
Last = Annotated[str | None, typer.Option("--to", help="Last trading day of a range.")]
Coins = Annotated[str | None, typer.Option("--coins", help="Coins, comma-separated; default: the universe.")]
Missing = Annotated[
    bool, typer.Option("--missing", help="All days of the resume window that are missing: what a timer calls.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON to stdout.")]


def parse_path(text: str) -> Path:
    """A path as it was typed; of `--folder=~/x` a shell leaves the `~` as it is.

    Raises:
        ValueError: it begins with `~NAME`, and there is no such user; typer makes it a usage error.
    """
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"{text!r}: there is no such user's home folder") from None


def parse_day(text: str, option: str) -> date:
    """A day as it was typed.

    Raises:
        UsageError: it is none.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        raise UsageError(f"{option} {text!r} is not a date; use YYYY-MM-DD, such as 2024-08-15") from None


def parse_days(day: str | None, first: str | None, last: str | None, clock: Clock) -> list[date]:
    """The days that were requested, oldest first; if none was, the newest complete one.

    Raises:
        UsageError: the options contradict each other, or a day is not over yet.
    """
    from coin_models.market.timeframe import days_between

    if day and (first or last):
        raise UsageError("--day and --from/--to exclude each other; give one day or a range")
    if bool(first) != bool(last):
        raise UsageError("--from and --to are used together; give both")
    newest = newest_complete_day(clock)
    begin = parse_day(first, "--from") if first else parse_day(day, "--day") if day else newest
    end = parse_day(last, "--to") if last else begin
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}; swap them")
    if end > newest:
        raise UsageError(f"{end} is not over yet; the newest complete trading day is {newest}")
    return days_between(begin, end)


def parse_coins(text: str | None, universe: Sequence[str]) -> list[str]:
    """The coins that were requested, in universe order; all of it if none was.

    Raises:
        UsageError: a coin is not in the universe.
    """
    if text is None:
        return list(universe)
    asked = {part.strip().upper() for part in text.split(",") if part.strip()}
    unknown = sorted(asked - set(universe))
    if unknown or not asked:
        raise _not_there(f"--coins: {', '.join(unknown) or 'nothing'}", universe)
    return [coin for coin in universe if coin in asked]


def named_coins(text: str | None) -> list[str] | None:
    """The coins that were named, of the universe or not, each once; None: all.

    Raises:
        UsageError: no name is in the text.
    """
    from coin_models.market.universe import coin_name

    if text is None:
        return None
    names = list(dict.fromkeys(coin_name(part) for part in text.split(",") if part.strip()))
    if not names:
        raise UsageError(f"--coins {text!r} names no coin; use names such as BTC,ETH, or leave it out for all")
    return names


def parse_coin(text: str, universe: Sequence[str]) -> str:
    """The coin that was requested.

    Raises:
        UsageError: it is not in the universe.
    """
    coin = text.strip().upper()
    if coin not in universe:
        raise _not_there(coin or "nothing", universe)
    return coin


def _not_there(what: str, universe: Sequence[str]) -> UsageError:
    from coin_models.market.universe import not_in_universe  # brings numpy, which `--help` need not wait for

    return UsageError(not_in_universe(what, universe))
