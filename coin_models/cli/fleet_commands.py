"""`worker`, `workers` and `backfill`: several machines that share the runs."""

from typing import Annotated

import typer
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import out, print_json
from coin_models.cli.failing import load_settings_or_tell, told_if_it_fails
from coin_models.clock import SystemClock
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

    settings = load_settings_or_tell()
    try:
        from coin_models.defs.fleet.joining import require_same_tables
        from coin_models.defs.fleet.worker import run_worker
    except ModuleNotFoundError as error:
        raise UsageError(f"a worker needs {error.name}: pip install 'coin_models[train,fleet]'") from None
    named = ANY_QUEUE if queues is None else queues
    chosen = tuple(dict.fromkeys(name for name in (part.strip() for part in named.split(",")) if name))
    if not chosen:
        raise UsageError("--queues names no queue; give such as any or gpu,any")
    with told_if_it_fails(settings):
        require_same_tables(settings)
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


def backfill(
    first: Annotated[str, typer.Option("--from", help="First trading day.")],
    last: Annotated[str, typer.Option("--to", help="Last trading day.")],
    coins: options.Coins = None,
    as_json: options.AsJson = False,
) -> int:
    """Retrain past days on the fleet: one run per shard of coins and range of days. Needs the daemon, and returns at once."""
    from coin_models.market.universe import resolve_universe
    from coin_models.operations.requests import BACKFILL
    from coin_models.pipeline.services import open_services
    from coin_models.pipeline.shards import shards_of
    from coin_models.settings.load import load_settings

    settings = load_settings()
    if settings.fleet.broker_url is None:
        raise UsageError(
            "a backfill by a fleet needs its broker (COIN_MODELS_FLEET_BROKER_URL); on one machine use "
            "`coin-models retrain --from --to`"
        )
    days = options.parse_days(None, first, last, SystemClock())
    universe = resolve_universe(settings)
    wanted = options.parse_coins(coins, universe)
    with open_services(settings, create=True) as services:
        asked = services.requests.ask(days[0], days[-1], None if coins is None else wanted, BACKFILL)
        control = services.workers.control()
    chosen = [shard for shard in shards_of(universe, settings.fleet) if set(shard).intersection(wanted)]
    num_runs = len(chosen) * -(-len(days) // settings.operations.max_days_per_run)
    if as_json:
        print_json(
            {
                "request": asked.request_id,
                "coin_days": len(days) * len(wanted),
                "runs": num_runs,
                "control_plane": None if control is None else control.machine,
            }
        )
        return 0
    out.print(
        f"request {asked.request_id}: {len(days) * len(wanted)} coin-days ({len(days)} days, {len(wanted)} coins), "
        f"at most {num_runs} run(s) if nothing fails",
        markup=False,
        soft_wrap=True,
    )
    by = f"the daemon on {control.machine}" if control else "no daemon is alive: start one (`coin-models ui`); it"
    out.print(
        f"{by} launches what is missing, oldest day first, and ends the request when all is made; "
        f"`coin-models requests end {asked.request_id}` withdraws it",
        markup=False,
        soft_wrap=True,
    )
    return 0
