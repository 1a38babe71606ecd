"""`retrain`, `status`, `unquarantine`: the commands about trading days."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import DayBar, day_bar, err, out, print_json, print_market, repeat, waiting
from coin_models.cli.failing import load_settings_or_tell, recorded_if_it_fails
from coin_models.clock import SystemClock
from coin_models.errors import UsageError

if TYPE_CHECKING:
    from coin_models.pipeline.plan.facts import CoinDay
    from coin_models.pipeline.services import Services
    from coin_models.settings.root import Settings


def retrain(
    day: options.Day = None,
    first: options.First = None,
    last: options.Last = None,
    missing: options.Missing = False,
    coins: options.Coins = None,
    force: Annotated[bool, typer.Option("--force", help="Retrain even if a matching version exists.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan without training. Candles are topped up.")
    ] = False,
    as_json: options.AsJson = False,
    phase_file: Annotated[Path | None, typer.Option("--phase-file", hidden=True)] = None,
) -> int:
    """Find what is missing and make only that: candles, models, trades, patterns and report."""
    from coin_models.cli.signals import interruptible

    with interruptible() as signals:
        from coin_models.defs.io_managers import CandlesIOManager, candles_through
        from coin_models.defs.launch import open_executor
        from coin_models.defs.pruning import prune_if_due
        from coin_models.defs.sensors.resuming import window_of
        from coin_models.defs.walk import walk_days
        from coin_models.market.universe import resolve_universe
        from coin_models.operations.preflight import require_disk_space
        from coin_models.pipeline.plan.estimate import estimate
        from coin_models.pipeline.run_days import DaysAsked, plan_days
        from coin_models.pipeline.run_summary import exit_code
        from coin_models.pipeline.skill import skill_over_reference
        from coin_models.pipeline.time_left import keep_seconds, usual_seconds
        from coin_models.registry.champions import ChampionLog

        settings = load_settings_or_tell()
        asked = _days_named(day, first, last, missing=missing)
        with nullcontext() if dry_run else recorded_if_it_fails(settings, asked):
            days = asked or (None if missing else _newest_before_a_home(settings))
            require_disk_space(settings)
            print_market(settings, to_stderr=as_json)
            with day_bar(usual_seconds(settings)) as bar, _services(settings, bar, phase_file) as services:
                # The market of the home was compared by now.
                days = days or (window_of(services) if missing else [services.newest_trading_day()])
                wanted = options.parse_coins(coins, resolve_universe(settings))
                work = DaysAsked(days=days, coins=wanted, named_coins=coins is not None, force=force)
                if dry_run:
                    candles = candles_through(CandlesIOManager(services=services), services, days[-1])
                    planned = plan_days(services, work, bar, candles=candles)
                    forecast = estimate(services, planned.to_train())
                else:
                    with open_executor(services, asked_by=work.asked_by) as executor:
                        reports = walk_days(executor, work, line=bar, signals=signals)
                        prune_if_due(services, executor.instance)
                    keep_seconds(settings, bar.time_left.measured())
                    unproven, skill = [], None
                    if reports:
                        unproven = ChampionLog(services.database).without_champion(reports[0].day, reports[-1].day)
                        skill = skill_over_reference(services.database, reports[-1].day)
    if dry_run:
        from coin_models.cli.plan_table import plan_json, print_work_plan

        print_json(plan_json(planned, forecast)) if as_json else print_work_plan(out, planned, forecast)
        return 0
    if as_json:
        content = [report.to_json() for report in reports]
        print_json(content if first or missing else content[0])
    else:
        from coin_models.cli.tables import print_day_reports

        print_day_reports(out, reports, settings, unproven, skill, today=SystemClock().now().date())
    return exit_code(reports, named_coins=coins is not None)


def _days_named(day: str | None, first: str | None, last: str | None, *, missing: bool) -> list[date] | None:
    """The days of the options; None where no option names one."""
    if not (day or first or last):
        return None
    if missing:
        raise UsageError("--missing finds the days itself; leave out --day, --from and --to")
    return options.parse_days(day, first, last, SystemClock())


def _newest_before_a_home(settings: "Settings") -> list[date] | None:
    """The newest trading day where there is no home yet, so that files without candles leave none behind; else None."""
    from coin_models.home.opening import has_database
    from coin_models.market.trading_day import newest_trading_day

    return None if has_database(settings) else [newest_trading_day(settings, SystemClock())]


def _services(settings: "Settings", bar: DayBar, phase_file: Path | None) -> "Services":
    """The services; one that is instrumented where `coin-models drill` started this process."""
    if phase_file is None:
        from coin_models.pipeline.services import open_services

        return open_services(settings, create=True, progress=bar)
    from coin_models.drill.instrumented import instrumented_services

    return instrumented_services(settings, bar, phase_file)


def status(
    day: options.Day = None,
    last: Annotated[int, typer.Option("--last", help="Number of days to show.", min=1, max=1100)] = 7,
    coins: options.Coins = None,
    all_coins: Annotated[
        bool,
        typer.Option(
            "--all-coins", help="A row for each coin; otherwise, of more than 40 on a terminal, equal rows are one."
        ),
    ] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Only counts by day.")] = False,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, one line for each cause.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Show it again every two seconds, until Ctrl-C.")] = False,
    as_json: options.AsJson = False,
) -> int:
    """Show which coin-days are done, missing or failed, and why."""
    from coin_models.cli.status_table import print_failed, print_status, print_summary
    from coin_models.pipeline.services import open_services
    from coin_models.pipeline.status import read_status
    from coin_models.settings.load import load_settings

    if summary + failed + as_json > 1:
        raise UsageError("--summary, --failed and --json exclude each other; give one")
    if watch and (as_json or not out.is_terminal):
        raise UsageError("--watch is for a terminal; without it the command prints once")
    settings = load_settings()
    days = options.parse_days(day, None, None, SystemClock()) if day else None
    every_coin = all_coins or coins is not None
    show = print_summary if summary else print_failed if failed else partial(print_status, every_coin=every_coin)

    def show_once() -> None:
        with (
            nullcontext() if watch else waiting("reading the state of each day"),
            open_services(settings, create=False) as services,
        ):
            overview = read_status(services, days=days, last=last, coins=coins, read_queue=_read_queue)
        if as_json:
            for line in overview.json_lines():
                print(line)
        else:
            print_market(settings)
            show(out, overview)

    if watch:
        repeat(out, show_once)
    else:
        show_once()
    return 0


def _read_queue(settings: "Settings", coins: Sequence[str]) -> "Mapping[CoinDay, str]":
    """The waiting runs, where there is an instance of Dagster; it is imported for them alone."""
    if settings.database_url is None and not (settings.home / "dagster" / "dagster.yaml").exists():
        return {}
    from coin_models.defs.queued_runs import read_queue

    return read_queue(settings, coins)


def unquarantine(
    coins: Annotated[
        list[str] | None, typer.Argument(help="Coins, separated by spaces or commas; default: every coin.")
    ] = None,
    day: Annotated[str | None, typer.Option("--day", help="Only this trading day, YYYY-MM-DD.")] = None,
    first: options.First = None,
    last: options.Last = None,
    everything: Annotated[bool, typer.Option("--all", help="All coins on all days.")] = False,
) -> int:
    """Reset failed attempts, so that quarantined coins are tried again."""
    from coin_models.market.universe import resolve_universe
    from coin_models.operations import quarantine
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    selection = quarantine.select_quarantined(
        coins or [], resolve_universe(settings), day=day, first=first, last=last, everything=everything
    )
    with open_services(settings, create=False) as services:
        reset = quarantine.unquarantine(services.database, selection)
    if reset or everything:
        out.print(quarantine.describe_reset(reset))
    missed = None if everything else selection.missed(reset)
    if missed is not None:
        raise UsageError(f"no failed attempt of {missed} to reset; `coin-models status` shows why it is not trained")
    return 0


def retry(
    coin: Annotated[str, typer.Argument(help="The coin.")],
    day: Annotated[str | None, typer.Option("--day", help="Only this trading day.")] = None,
) -> int:
    """The name of `unquarantine` in coin_models 0.1."""
    err.print("warning: `coin-models retry` is now `coin-models unquarantine`; the old name will be removed")
    return unquarantine(coins=[coin], day=day)
