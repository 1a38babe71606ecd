"""`worker` and `workers`: several machines that share the runs."""

from typing import Annotated

import typer
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import out, print_json
from coin_models.errors import UsageError


def worker(
    queues: Annotated[
        str | None, typer.Option("--queues", help="Queues to take runs from, comma-separated; default: any.")
    ] = None,
    idle_minutes: Annotated[
        float | None,
        typer.Option(
            "--idle-minutes", help="End after this long without work (default: fleet.idle_minutes).", min=0.05
        ),
    ] = None,
) -> int:
    """Take runs from the broker of a fleet, one at a time, until SIGTERM or `--idle-minutes` without work."""
    from coin_models.pipeline.services import open_services
    from coin_models.settings.fleet import ANY_QUEUE
    from coin_models.settings.load import load_settings

    settings = load_settings()
    try:
        from coin_models.defs.fleet.worker import run_worker
    except ModuleNotFoundError as error:
        raise UsageError(f"a worker needs {error.name}: pip install 'coin_models[train,fleet]'") from None
    named = ANY_QUEUE if queues is None else queues
    chosen = tuple(dict.fromkeys(name for name in (part.strip() for part in named.split(",")) if name))
    if not chosen:
        raise UsageError("--queues names no queue; give such as any or gpu,any")
    with open_services(settings, create=True) as services:
        return run_worker(services, queues=chosen, idle_minutes=idle_minutes or settings.fleet.idle_minutes)


def workers(as_json: options.AsJson = False) -> int:
    """List the live workers of the fleet: device, price, what each does, and since when."""
    from coin_models.defs.fleet.workers import list_workers
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    with open_services(load_settings(), create=False) as services:
        rows = list_workers(services)
    if as_json:
        print_json(rows)
        return 0
    if not rows:
        out.print("no live workers: start one with `coin-models worker`", markup=False)
        return 0
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("machine", "device", "queues", "USD/h", "does", "since"):
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(
            row["machine"],
            row["device"],
            ", ".join(row["queues"]),
            f"{row['price_usd_per_hour']:.2f} ({row['market']})",
            row["does"],
            row["since"][:16].replace("T", " "),
        )
    out.print(table)
    return 0
