"""`backtest`: walks a range of days forward as the nights would have, and shows what came out on a page."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import day_bar, err, out, print_json, print_market
from coin_models.clock import SystemClock
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from datetime import date


ASKED_BY = "coin-models backtest"


def backtest(
    first: options.First = None,
    last: options.Last = None,
    coins: options.Coins = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=1, help="Settings that were tried; default: those that the home has versions of."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", parser=options.parse_path, help="The page, HTML.")
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Train what is missing of a range of days, trade each day as if live, and show skill, equity and costs.

    Interrupted, the same command continues. It does what `retrain --from --to` does, in the same home.
    """
    from coin_models.cli.signals import interruptible

    with interruptible() as signals:
        from coin_models.cli.backtest_table import print_backtest
        from coin_models.defs.launch import open_executor
        from coin_models.defs.walk import walk_backtest
        from coin_models.market.universe import resolve_universe
        from coin_models.operations.preflight import require_disk_space
        from coin_models.pipeline.run_days import DaysAsked
        from coin_models.pipeline.run_summary import exit_code
        from coin_models.pipeline.services import open_services
        from coin_models.pipeline.time_left import keep_seconds, usual_seconds
        from coin_models.reporting.backtest.page import render_backtest
        from coin_models.settings.load import load_settings

        settings, days = load_settings(), _days(first, last)
        wanted = options.parse_coins(coins, resolve_universe(settings))
        require_disk_space(settings)
        print_market(settings, to_stderr=as_json)
        with day_bar(usual_seconds(settings)) as bar, open_services(settings, create=True, progress=bar) as services:
            asked = DaysAsked(days=days, coins=wanted, named_coins=coins is not None, asked_by=ASKED_BY)
            with open_executor(services, asked_by=ASKED_BY) as executor:
                walked = walk_backtest(executor, asked, line=bar, signals=signals, num_trials=trials)
            keep_seconds(settings, bar.time_left.measured())
    result = walked.backtest
    if output is not None:
        _write(output, render_backtest(result))
    if as_json:
        print_json(result.to_json())
    else:
        print_backtest(out, result)
        if output is not None:
            out.print(f"page: {output}", markup=False, soft_wrap=True)
    for sentence in walked.failures:
        err.print(f"warning: {sentence}", markup=False, soft_wrap=True)
    recorded = ExitCode.SOME_FAILED if walked.failures else ExitCode.DONE
    return exit_code(walked.summaries, named_coins=coins is not None) or recorded


def _days(first: str | None, last: str | None) -> "list[date]":
    if not first or not last:
        raise UsageError("a backtest walks over a range of days; give --from and --to")
    return options.parse_days(None, first, last, SystemClock())


def _write(path: Path, page: str) -> None:
    from coin_models.cli.whole_files import write_whole

    write_whole(path, lambda part: part.write_text(page, encoding="utf-8"))
