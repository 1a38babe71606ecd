"""`forecasts export | record`: the forecasts that were made of each day, as one frame; and those of days without a record."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import counting_bar, err, out, print_json
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.trading.history.frames import Selection
    from coin_models.trading.history.index import ForecastIndex

app = typer.Typer(
    help="Recorded forecasts: what was forecast for each day, by which version, and what followed.",
    no_args_is_help=True,
)

_STDOUT = "-"

Coins = Annotated[str | None, typer.Option("--coins", help="Coins, comma-separated; default: all recorded.")]


class Format(StrEnum):
    """Of an exported file."""

    PARQUET = "parquet"
    CSV = "csv"


@app.command("export")
def export(
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The file; - is stdout, as CSV.")],
    coins: Coins = None,
    first: options.First = None,
    last: options.Last = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="Default: by the name of the file; else Parquet.")
    ] = None,
    challengers: Annotated[
        bool, typer.Option("--challengers", help="Also forecasts of the versions that were judged beside the champion.")
    ] = False,
) -> int:
    """Write recorded forecasts as one table: a row per candle and coin, by a model that had not seen its day."""
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings
    from coin_models.trading.history.frames import select

    form = _format(output, format_)
    days = [options.parse_day(text, name) if text else None for text, name in ((first, "--from"), (last, "--to"))]
    with open_services(load_settings(), create=False) as services:
        selection = select(services.forecasts, options.named_coins(coins), *days, challengers=challengers)
        num_rows = _write(services.forecasts, selection, output, form)
    if selection.warning:
        err.print(f"warning: {selection.warning}", markup=False, soft_wrap=True)
    if output != _STDOUT:
        num_coins, num_days = len({one.coin for one in selection.days}), len({one.day for one in selection.days})
        out.print(
            f"{num_rows:,} forecasts of {num_coins} coin(s) on {num_days} day(s) in {output}",
            markup=False,
            soft_wrap=True,
        )
    return ExitCode.DONE


def _format(output: str, named: Format | None) -> Format:
    if output == _STDOUT:
        if named is Format.PARQUET:
            raise UsageError("Parquet is written to a file, not to stdout; give one with -o, or use --format csv")
        return Format.CSV
    return named or (Format.CSV if output.lower().endswith(".csv") else Format.PARQUET)


def _write(index: "ForecastIndex", selection: "Selection", output: str, form: Format) -> int:
    from coin_models.cli.whole_files import write_whole
    from coin_models.trading.history.export import write_csv, write_parquet

    with counting_bar() as advance:

        def progress(done: int, total: int) -> None:
            advance("coins", done, total)

        if output == _STDOUT:
            return write_csv(index, selection, sys.stdout, progress)

        def write(path: Path) -> int:
            if form is Format.PARQUET:
                return write_parquet(index, selection, path, progress)
            with path.open("w", encoding="utf-8", newline="") as file:
                return write_csv(index, selection, file, progress)

        return write_whole(options.parse_path(output), write)


@app.command("record")
def record(
    coins: Annotated[str | None, typer.Option("--coins", help="Coins, comma-separated; default: all traded.")] = None,
    first: options.First = None,
    last: options.Last = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also days that are recorded: a damaged file is made again.")
    ] = False,
    as_json: options.AsJson = False,
) -> int:
    """Record the forecasts of days that an earlier version traded, by trading them again: same trades, nothing is fitted."""
    from coin_models.pipeline.forecast_records import days_to_record, record_forecasts
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings
    from coin_models.trading.history.frames import EARLIEST, LATEST

    begin = options.parse_day(first, "--from") if first else EARLIEST
    end = options.parse_day(last, "--to") if last else LATEST
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}; swap them")
    with open_services(load_settings(), create=False) as services, counting_bar() as advance:
        wanted = days_to_record(services, options.named_coins(coins), begin, end, again=again)
        total, failures, recorded = sum(map(len, wanted.values())), {}, set()
        for number, traded in enumerate(record_forecasts(services, wanted), start=1):
            advance(f"{traded.day} {traded.coin}", number, max(total, number))
            if traded.traded is not None:
                recorded.add((traded.coin, traded.day))
            if traded.failure:
                failures[f"{traded.coin} of {traded.day}"] = traded.failure
    if as_json:
        print_json({"recorded": len(recorded), "failures": failures})
    else:
        out.print(
            f"forecasts of {len(recorded):,} coin-day(s) recorded"
            if wanted
            else "the forecasts of every traded day are recorded"
        )
    for what, reason in failures.items():
        err.print(f"warning: {what}: {reason}", markup=False, soft_wrap=True)
    return ExitCode.SOME_FAILED if failures else ExitCode.DONE
