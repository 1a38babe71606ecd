"""`candles refresh | check | show`: shows stored candles and candle files, and requests candles from the source again."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import counting_bar, out, print_json, print_market
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.market.asking import CandleProblem, CoinCandles
    from coin_models.market.candle_files import FileFacts
    from coin_models.market.inspection import StoredCandles
    from coin_models.pipeline.services import Services
    from coin_models.settings.root import Settings

app = typer.Typer(help="Candles: check files, show and refresh what is stored.", no_args_is_help=True)

_MAX_DAYS = 6  # named in one line
_MAX_FILES = 3  # of a coin, shown


@app.command("refresh")
def refresh(
    coins: options.Coins = None, first: options.First = None, last: options.Last = None, as_json: options.AsJson = False
) -> int:
    """Request stored days from the source again and show the changes per coin; default: the newest complete day."""
    from coin_models.defs.io_managers import CandlesIOManager, candles_through
    from coin_models.pipeline.candles import refresh_candles
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    print_market(settings, to_stderr=as_json)
    with open_services(settings, create=False) as services:
        days = options.parse_days(None, first, last, services.clock)
        wanted = options.parse_coins(coins, _known_coins(services))
        candles = candles_through(CandlesIOManager(services=services), services, days[-1])
        outcomes: list[CoinCandles | CandleProblem] = []
        with counting_bar() as advance:
            advance("coins", 0, len(wanted))
            for outcome in refresh_candles(services, days[0], days[-1], wanted, candles=candles):
                outcomes.append(outcome)
                advance("coins", len(outcomes), len(wanted))
    outcomes.sort(key=lambda coin: coin.coin)
    if as_json:
        print_json([_refreshed_json(coin) for coin in outcomes])
    else:
        for coin in outcomes:
            out.print(_refreshed(coin, len(days)), soft_wrap=True, markup=False)
    return _exit_code(outcomes)


@app.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder of candle files to look into; default: what is stored.")
    ] = None,
    coins: options.Coins = None,
    as_json: options.AsJson = False,
) -> int:
    """Show each coin's stored days, or what a FOLDER of candle files holds: layout, span, holes, rows left out and why.

    A FOLDER needs no home; quote and timeframe are those of the settings. Otherwise: first and last day, gaps, incomplete days,
    number of requests, sources, and each file as it was read last. The exit code is 1 if a file cannot be read.
    """
    from coin_models.settings.load import load_settings

    settings = load_settings()
    if folder is not None:
        return _check_folder(folder, settings, coins, as_json)
    print_market(settings, to_stderr=as_json)
    stored = _stored(settings, coins)
    if as_json:
        print_json([_checked_json(coin) for coin in stored])
    else:
        _print_checked(stored)
    return ExitCode.COULD_NOT_WORK if any(file.problem for coin in stored for file in coin.files) else ExitCode.DONE


@app.command("show")
def show(
    coin: Annotated[str, typer.Argument(metavar="COIN", help="Whose stored candles.")], as_json: options.AsJson = False
) -> int:
    """Show one coin's stored candles: a mark for each day, and every hole."""
    from coin_models.cli.candle_tables import print_coverage
    from coin_models.market.inspection import inspect, stored_holes
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    print_market(settings, to_stderr=as_json)
    with open_services(settings, create=False) as services:
        name = options.parse_coin(coin, _known_coins(services))
        history = services.candle_index.histories([name])[name]
        stored = inspect(name, history, count_days_to_adopt=services.candles.num_days_to_adopt)
        holes = stored_holes(history, lambda day: services.candles.read(name, history, day, day))
    print_coverage(stored, history, holes, as_json=as_json)
    return 0


def _check_folder(folder: Path, settings: "Settings", coins: str | None, as_json: bool) -> int:
    from coin_models.cli.candle_tables import folder_json, print_folder
    from coin_models.clock import SystemClock
    from coin_models.errors import UsageError
    from coin_models.market.files.check import check_folder
    from coin_models.market.timeframe import parse_timeframe

    if coins is not None:
        raise UsageError("--coins is for stored candles, and FOLDER is looked into as a whole; give one of them")
    timeframe = parse_timeframe(settings.timeframe)
    with counting_bar() as advance:
        folder_check = check_folder(
            folder, settings.quote, timeframe, SystemClock().now(), lambda done, of: advance("files", done, of)
        )
    if as_json:
        print_json(folder_json(folder_check))
    else:
        print_folder(folder_check)
    return ExitCode.DONE if folder_check.is_good else ExitCode.COULD_NOT_WORK


def _stored(settings: "Settings", coins: str | None) -> "list[StoredCandles]":
    from coin_models.market.inspection import inspect
    from coin_models.pipeline.services import open_services

    with open_services(settings, create=False) as services:
        wanted = options.parse_coins(coins, _known_coins(services))
        files = _files(services, wanted)
        histories = services.candle_index.histories(wanted)
        count = services.candles.num_days_to_adopt
        return [inspect(coin, histories[coin], files.get(coin, ()), count_days_to_adopt=count) for coin in wanted]


def _files(services: "Services", coins: Sequence[str]) -> "dict[str, tuple[FileFacts, ...]]":
    """The files of each coin, where the source keeps them."""
    from coin_models.market.inspection import look_at_files
    from coin_models.market.source import FileBacked

    if services.settings.source != "files" or not isinstance(services.source, FileBacked):
        return {}
    return look_at_files(services.source, services.candles.files.read(coins), coins)


def _known_coins(services: "Services") -> list[str]:
    """The universe, then the coins that left it and whose candles are stored."""
    from coin_models.market.universe import resolve_universe

    universe = resolve_universe(services.settings)
    return [*universe, *(coin for coin in services.candle_index.coins() if coin not in universe)]


def _refreshed(outcome: "CoinCandles | CandleProblem", num_days: int) -> str:
    from coin_models.market.asking import CandleProblem

    if isinstance(outcome, CandleProblem):
        return f"{outcome.coin}: {outcome}"
    parts = [f"{len(outcome.changed)} changed ({_named(outcome.changed)})"] if outcome.changed else []
    parts += [f"{len(outcome.added)} new ({_named(outcome.added)})"] if outcome.added else []
    return f"{outcome.coin}: {'; '.join(parts)}" if parts else f"{outcome.coin}: {num_days} day(s) as before"


def _refreshed_json(outcome: "CoinCandles | CandleProblem") -> dict[str, Any]:
    from coin_models.market.asking import CandleProblem

    if isinstance(outcome, CandleProblem):
        return {"coin": outcome.coin, "problem": str(outcome), "place": outcome.place}
    return {"coin": outcome.coin, "changed": [*outcome.changed], "added": [*outcome.added]}


def _exit_code(outcomes: "Sequence[CoinCandles | CandleProblem]") -> int:
    """Some failed, or all did."""
    from coin_models.market.asking import CandleProblem

    num_problems = sum(isinstance(coin, CandleProblem) for coin in outcomes)
    if not num_problems:
        return ExitCode.DONE
    return ExitCode.COULD_NOT_WORK if num_problems == len(outcomes) else ExitCode.SOME_FAILED


def _print_checked(stored: "Sequence[StoredCandles]") -> None:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("coin", "from", "to", "days", "incomplete", "candles missing", "not stored", "state"):
        table.add_column(name, justify="left" if name in ("coin", "from", "to", "state") else "right")
    for coin in stored:
        if coin.first_day is None:
            table.add_row(coin.coin, "none")
            continue
        counts = (coin.num_days, len(coin.incomplete), coin.num_missing_candles, len(coin.not_stored))
        table.add_row(coin.coin, str(coin.first_day), str(coin.last_day), *map(str, counts), _state(coin))
    out.print(table)
    for coin in stored:
        for line in _details(coin):
            out.print(f"{coin.coin}: {escape(line)}", soft_wrap=True)


def _state(coin: "StoredCandles") -> str:
    if coin.is_ended:
        return "ended"
    return f"{len(coin.not_shown)} day(s) not shown yet" if coin.not_shown else ""


def _details(coin: "StoredCandles") -> list[str]:
    if coin.num_days_to_adopt:
        return [f"{coin.num_days_to_adopt} day(s) of an earlier version, taken over when they are first needed"]
    lines = [
        f"{day.day}: {day.num_candles} of {coin.num_expected} candles, {day.num_answers} answer(s) agree"
        for day in coin.incomplete[-_MAX_DAYS:]
    ]
    hidden = len(coin.incomplete) - len(lines)
    lines = [f"{hidden} earlier incomplete day(s)", *lines] if hidden > 0 else lines
    lines += [f"{num_days} day(s): {source}" for source, num_days in coin.sources[:_MAX_DAYS]]
    lines += list(dict.fromkeys(map(_file, coin.files)))[:_MAX_FILES]
    if len(coin.files) > _MAX_FILES:
        lines.append(f"and {len(coin.files) - _MAX_FILES} more files")
    return lines


def _file(file: "FileFacts") -> str:
    if file.problem:
        return file.problem
    when = f"read {file.read_at:%Y-%m-%d %H:%M} UTC" if file.sha256 and file.read_at else "not read since it changed"
    return f"{file.stamp.path}, {file.stamp.size:,} bytes, {when}"


def _checked_json(coin: "StoredCandles") -> dict[str, Any]:
    return {
        "coin": coin.coin,
        "first_day": coin.first_day,
        "last_day": coin.last_day,
        "num_days": coin.num_days,
        "num_days_to_adopt": coin.num_days_to_adopt,
        "num_missing_candles": coin.num_missing_candles,
        "incomplete": [
            {"day": d.day, "num_candles": d.num_candles, "num_answers": d.num_answers} for d in coin.incomplete
        ],
        "not_stored": [*coin.not_stored],
        "not_shown": [*coin.not_shown],
        "is_ended": coin.is_ended,
        "sources": dict(coin.sources),
        "files": [{"path": f.stamp.path, "size": f.stamp.size, "problem": f.problem} for f in coin.files],
    }


def _named(days: Sequence[date]) -> str:
    return ", ".join(map(str, days[:_MAX_DAYS])) + (" ..." if len(days) > _MAX_DAYS else "")
