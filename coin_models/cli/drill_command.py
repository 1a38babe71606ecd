"""`drill`: a user's own proof that nothing is lost.

Belongs here: options, the scorecard as a table. Not here: the drill (drill/).
"""

import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import err, out, print_json
from coin_models.cli.stack_command import local_stack

if TYPE_CHECKING:
    from coin_models.drill.places import Places
    from coin_models.drill.scorecard import Scorecard


def drill(
    kills: Annotated[int, typer.Option("--kills", help="How often to kill the retraining.", min=1, max=10_000)] = 10,
    mode: Annotated[str, typer.Option("--mode", help="sigkill, sigterm or mixed.")] = "mixed",
    seed: Annotated[int, typer.Option("--seed", help="Of the draw of instants and signals.")] = 7,
    coins: Annotated[int, typer.Option("--coins", help="So many coins of the demo market.", min=1, max=20)] = 6,
    stack: Annotated[
        bool, typer.Option("--stack", help="On a PostgreSQL and an S3 server of its own, which end with it.")
    ] = False,
    keep: Annotated[Path | None, typer.Option("--keep", help="Use this empty folder, and leave it.")] = None,
    as_json: options.AsJson = False,
) -> int:
    """Kill a retraining of the demo market at random instants, and compare it with one that was left in peace."""
    from coin_models.cli.signals import interruptible
    from coin_models.drill.drill import DrillPlan, run_drill
    from coin_models.drill.plan import Mode
    from coin_models.errors import UsageError

    if mode not in list(Mode):
        raise UsageError(f"--mode {mode!r} is none of {', '.join(Mode)}")
    plan = DrillPlan(num_kills=kills, mode=Mode(mode), seed=seed, num_coins=coins)
    scratch = tempfile.TemporaryDirectory(prefix="coin-models-drill-")
    with interruptible(), scratch as folder, err.status("drill") as status:
        where = _empty(keep) if keep else Path(folder)
        with _places(where / "stack" if stack else None) as places:
            found = run_drill(plan, where, status.update if err.is_terminal else err.print, places)
    if as_json:
        print_json(found.to_json())
    else:
        _print(found)
    return 0 if found.passed else 1


def _places(stack_folder: Path | None) -> AbstractContextManager["Places"]:
    from coin_models.drill.places import embedded, temporary_stack

    return nullcontext(embedded) if stack_folder is None else temporary_stack(local_stack(stack_folder))


def _empty(folder: Path) -> Path:
    from coin_models.errors import UsageError

    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"--keep {folder}: the folder is not empty; name a new one")
    folder.mkdir(parents=True, exist_ok=True)
    return folder.resolve()


def _print(found: "Scorecard") -> None:
    phases = Table(title="kills by phase", title_justify="left", header_style="bold", box=None, pad_edge=False)
    phases.add_column("phase")
    phases.add_column("kills", justify="right")
    for phase, count in found.phases.items():
        phases.add_row(phase, str(count) if count else "[dim]0[/]")
    out.print(phases)
    card = Table(title="scorecard", title_justify="left", show_header=False, box=None, pad_edge=False)
    for name, value in _rows(found):
        card.add_row(name, value)
    out.print(card)
    for problem in found.problems:
        out.print(f"[red]{problem}[/]")
    out.print("[bold green]passed[/]" if found.passed else "[bold red]failed[/]")


def _rows(found: "Scorecard") -> list[tuple[str, str]]:
    return [
        ("kills", f"{found.kills} over {found.days} day(s), {found.models} models, {found.seconds:.0f} s"),
        ("models lost", str(found.lost_models)),
        ("published or trained twice", str(found.duplicate_publications)),
        ("weights and rows identical", "yes" if found.identical else "[red]no[/]"),
        ("steps wasted per kill", f"{found.wasted_steps_per_kill:.1f} ({found.wasted_seconds_per_kill:.2f} s)"),
        ("of all steps", f"{found.wasted_fraction:.1%}"),
        ("restart to first new step (median)", _seconds(found.recovery_seconds_p50)),
        ("SIGTERM to the end (longest)", _seconds(found.grace_seconds_max)),
        ("checkpoints, share of the fit", f"{found.checkpoint_overhead:.2%}"),
    ]


def _seconds(value: float | None) -> str:
    return "none seen" if value is None else f"{value:.2f} s"
