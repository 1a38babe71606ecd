"""`drill`: kills retraining at random instants on the user's machine and shows that nothing is lost."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import err, out, print_json
from coin_models.cli.stack_command import local_stack
from coin_models.exit_codes import ExitCode

if TYPE_CHECKING:
    from coin_models.drill.backends import Places
    from coin_models.drill.fleet_plan import FleetDrillPlan
    from coin_models.drill.fleet_scorecard import FleetScorecard
    from coin_models.drill.host_drill import HostScorecard
    from coin_models.drill.scorecard import Scorecard


def drill(
    kills: Annotated[int, typer.Option("--kills", help="Number of kills.", min=1, max=10_000)] = 10,
    mode: Annotated[str, typer.Option("--mode", help="Signals: sigkill, sigterm or mixed.")] = "mixed",
    seed: Annotated[int, typer.Option("--seed", help="Random seed for kill times and signals.")] = 7,
    coins: Annotated[int, typer.Option("--coins", help="Number of coins of the demo market.", min=1, max=20)] = 6,
    cohort: Annotated[
        int, typer.Option("--cohort", help="Number of coins per cohort (fitted together).", min=1, max=20)
    ] = 3,
    workers: Annotated[
        int, typer.Option("--workers", help="Number of processes that retrain at the same time.", min=1, max=16)
    ] = 1,
    days: Annotated[int, typer.Option("--days", help="Number of days per run.", min=1, max=31)] = 1,
    stack: Annotated[
        bool, typer.Option("--stack", help="Use a separate PostgreSQL and S3 server for the drill.")
    ] = False,
    daemon: Annotated[
        bool,
        typer.Option("--daemon", help="Kill webserver, daemon and run workers together, during a UI backfill."),
    ] = False,
    fleet: Annotated[
        int | None,
        typer.Option(
            "--fleet", help="Number of workers of a fleet, whose hosts, servers and fits fail.", min=1, max=16
        ),
    ] = None,
    default_leases: Annotated[
        bool,
        typer.Option(
            "--default-leases",
            help="Of a fleet: kill hosts alone, with the leases and sensors that are the default, not shorter ones.",
        ),
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", parser=options.parse_path, metavar="PATH", help="Use this empty folder and keep it."),
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Kill a retraining of the demo market at random times; compare with an uninterrupted run."""
    from coin_models.drill.drill import DrillPlan, run_drill
    from coin_models.drill.kill_plan import Mode
    from coin_models.errors import UsageError

    if mode not in list(Mode):
        raise UsageError(f"--mode {mode!r} is not one of {', '.join(Mode)}")
    if default_leases and fleet is None:
        raise UsageError("--default-leases is of a fleet; give --fleet too, such as --fleet 3")
    if daemon:
        if stack or mode == Mode.SIGTERM:
            raise UsageError(
                "--daemon kills a whole host of the embedded home at once; leave out --stack and --mode sigterm"
            )
        if workers > 1 or days > 1:
            raise UsageError("--daemon drills one host and three days; leave out --workers and --days")
        return _drill_host(kills, seed, coins, keep, as_json=as_json)
    if fleet is not None:
        if workers > 1 or mode == Mode.SIGTERM:
            raise UsageError("--fleet has its own faults and number of workers; leave out --mode sigterm and --workers")
        from coin_models.drill.fleet_plan import FleetDrillPlan

        plan_of = FleetDrillPlan.of_default_leases if default_leases else FleetDrillPlan
        fleet_plan = plan_of(num_workers=fleet, num_kills=kills, seed=seed, num_coins=coins, num_days=days)
        return _drill_fleet(fleet_plan, keep, as_json=as_json)
    plan = DrillPlan(
        num_kills=kills,
        mode=Mode(mode),
        seed=seed,
        num_coins=coins,
        cohort_size=cohort,
        num_workers=workers,
        num_days=days,
    )
    with _arena(keep) as (where, say), _places(where / "stack" if stack else None) as places:
        scorecard = run_drill(plan, where, say, places)
    if as_json:
        print_json(scorecard.to_json())
    else:
        _print(scorecard)
    return ExitCode.DONE if scorecard.passed else ExitCode.COULD_NOT_WORK


def _drill_host(kills: int, seed: int, coins: int, keep: Path | None, *, as_json: bool) -> int:
    from coin_models.drill.host_drill import HostDrillPlan, run_host_drill

    plan = HostDrillPlan(num_kills=kills, seed=seed, num_coins=coins)
    with _arena(keep) as (where, say):
        scorecard = run_host_drill(plan, where, say)
    if as_json:
        print_json(scorecard.to_json())
    else:
        _print_card(_host_rows(scorecard), scorecard.problems, passed=scorecard.passed)
    return ExitCode.DONE if scorecard.passed else ExitCode.COULD_NOT_WORK


def _drill_fleet(plan: "FleetDrillPlan", keep: Path | None, *, as_json: bool) -> int:
    from coin_models.drill.fleet_drill import run_fleet_drill

    with _arena(keep) as (where, say):
        scorecard = run_fleet_drill(plan, where, say, local_stack(where / "stack"))
    if as_json:
        print_json(scorecard.to_json())
    else:
        _print_card(_fleet_rows(scorecard), scorecard.problems, passed=scorecard.passed)
    return ExitCode.DONE if scorecard.passed else ExitCode.COULD_NOT_WORK


@contextmanager
def _arena(keep: Path | None) -> Iterator[tuple[Path, Callable[[str], None]]]:
    """The drill's folder, and where it prints progress; both end with it, on Ctrl-C too."""
    from coin_models.cli.signals import interruptible

    scratch = nullcontext(_empty(keep)) if keep else tempfile.TemporaryDirectory(prefix="coin-models-drill-")
    with interruptible(), scratch as folder, err.status("drill") as status:
        yield Path(folder), status.update if err.is_terminal else err.print


def _places(stack_folder: Path | None) -> AbstractContextManager["Places"]:
    from coin_models.drill.backends import embedded, temporary_stack

    return nullcontext(embedded) if stack_folder is None else temporary_stack(local_stack(stack_folder))


def _empty(folder: Path) -> Path:
    from coin_models.errors import UsageError

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"--keep {folder}: the folder is not empty; name a new one")
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def _print(scorecard: "Scorecard") -> None:
    phases = Table(title="kills by phase", title_justify="left", header_style="bold", box=None, pad_edge=False)
    phases.add_column("phase")
    phases.add_column("kills", justify="right")
    for phase, count in scorecard.phases.items():
        phases.add_row(phase, str(count) if count else "[dim]0[/]")
    out.print(phases)
    _print_card(_rows(scorecard), scorecard.problems, passed=scorecard.passed)


def _print_card(rows: list[tuple[str, str]], problems: tuple[str, ...], *, passed: bool) -> None:
    card = Table(title="scorecard", title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in rows:
        card.add_row(name, value)
    out.print(card)
    for problem in problems:
        out.print(f"[red]{escape(problem)}[/]")
    out.print("[bold green]passed[/]" if passed else "[bold red]failed[/]")


def _host_rows(scorecard: "HostScorecard") -> list[tuple[str, str]]:
    return [
        (
            "kills of the whole host",
            f"{scorecard.kills}, {scorecard.kills_in_a_fit} in a fit, {scorecard.seconds:.0f} s",
        ),
        ("models", str(scorecard.models)),
        ("models lost", str(scorecard.lost_models)),
        ("published or trained twice", str(scorecard.duplicate_publications)),
        ("weights and rows identical", "yes" if scorecard.identical else "[red]no[/]"),
        ("parents by the calendar", "yes" if scorecard.parents_as_expected else "[red]no[/]"),
        ("Dagster's runs", str(scorecard.runs)),
        ("relaunched by Dagster", str(scorecard.runs_relaunched)),
        ("requested by the resume sensor", str(scorecard.runs_asked_for)),
        ("runs left unfinished", str(scorecard.runs_unfinished)),
    ]


def _fleet_rows(scorecard: "FleetScorecard") -> list[tuple[str, str]]:
    waits = f"{_seconds(scorecard.next_attempt_seconds_p50)}, {_seconds(scorecard.next_attempt_seconds_p95)}"
    return [
        ("workers, seconds, load", f"{scorecard.workers}, {scorecard.seconds:.0f} s, {scorecard.load:.1f}"),
        *((fault, str(number)) for fault, number in scorecard.faults.items()),
        ("models", str(scorecard.models)),
        ("models lost", str(scorecard.lost_models)),
        ("published or trained twice", str(scorecard.duplicate_publications)),
        ("weights and rows identical", "yes" if scorecard.identical else "[red]no[/]"),
        ("parents by the calendar", "yes" if scorecard.parents_as_expected else "[red]no[/]"),
        ("days without a report", str(scorecard.days_without_report)),
        ("runs left unfinished", str(scorecard.runs_unfinished)),
        (f"kill to next attempt, leases of {scorecard.lease_seconds:.0f} s (median, p95)", waits),
    ]


def _rows(scorecard: "Scorecard") -> list[tuple[str, str]]:
    return [
        (
            "kills",
            (
                f"{scorecard.kills} of {scorecard.workers} worker(s), {scorecard.days} day(s), {scorecard.models} models, "
                f"{scorecard.seconds:.0f} s"
            ),
        ),
        ("models lost", str(scorecard.lost_models)),
        ("published or trained twice", str(scorecard.duplicate_publications)),
        ("weights and rows identical", "yes" if scorecard.identical else "[red]no[/]"),
        ("parents by the calendar", "yes" if scorecard.parents_as_expected else "[red]no[/]"),
        ("steps wasted per kill", f"{scorecard.wasted_steps_per_kill:.1f} ({scorecard.wasted_seconds_per_kill:.2f} s)"),
        ("of all steps", f"{scorecard.wasted_fraction:.1%}"),
        ("restart to first new step (median)", _seconds(scorecard.recovery_seconds_p50)),
        (
            "imports and candles only",
            "none seen" if scorecard.recovery_ratio is None else f"{scorecard.recovery_ratio:.2f}",
        ),
        ("SIGTERM to a durable checkpoint (longest)", _seconds(scorecard.durable_seconds_max)),
        ("SIGTERM to exit (longest)", _seconds(scorecard.grace_seconds_max)),
        (
            "goodput, measured and by the ledger",
            f"{scorecard.accounts.seen.goodput:.1%}, {scorecard.accounts.ledger.goodput:.1%}",
        ),
        ("checkpoints, share of the fit", f"{scorecard.checkpoint_overhead:.2%}"),
    ]


def _seconds(value: float | None) -> str:
    return "none seen" if value is None else f"{value:.2f} s"
