"""`plan` and `costs`: forecasts the cost of a nightly run and shows the cost of past runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import err, out, print_json, waiting
from coin_models.clock import SystemClock, newest_complete_day
from coin_models.errors import UsageError
from coin_models.private_files import share

if TYPE_CHECKING:
    from coin_models.costs.ledger.ledger import CostLine, Ledger
    from coin_models.costs.plan import CostPlan
    from coin_models.costs.workload import Workload
    from coin_models.db.engine import Database
    from coin_models.pipeline.services import Services
    from coin_models.settings.root import Settings

_LAST_DAYS = 30
_BY = ("day", "month", "coin")
_NUM_COINS = Annotated[int | None, typer.Option("--coins", help="Number of coins; default: the universe's.", min=1)]


def plan(
    coins: _NUM_COINS = None,
    deadline: Annotated[
        str | None, typer.Option("--deadline", help="Ready by HH:MM UTC; default: the setting.")
    ] = None,
    budget: Annotated[float | None, typer.Option("--budget", help="Highest cost of a night in USD.")] = None,
    published: Annotated[bool, typer.Option("--published", help="Use published durations, not measured ones.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            "--picture", parser=options.parse_path, metavar="PATH", help="Draw cost against finishing time (.svg)."
        ),
    ] = None,
    workers: Annotated[
        bool, typer.Option("--workers", help="How many workers of a fleet the deadline needs, and what they cost.")
    ] = False,
    days: Annotated[int, typer.Option("--days", help="Trading days to make, with --workers.", min=1, max=3700)] = 1,
    as_json: options.AsJson = False,
) -> int:
    """Compare on-demand, spot, and spot then on-demand machines: cost, finishing time, risk."""
    from coin_models.cli.money_tables import print_cost_plan, print_fleet_size
    from coin_models.costs.answers import planned_price, request_tonight
    from coin_models.costs.fleet_size import fleet_size
    from coin_models.costs.planner import make_cost_plan
    from coin_models.costs.published import published_costs
    from coin_models.market.universe import resolve_universe
    from coin_models.settings.load import load_settings

    if days != 1 and not workers:
        raise UsageError("--days is about a fleet: give --workers too")
    settings = load_settings()
    num_coins = coins or len(resolve_universe(settings))
    with _history(settings) as database:
        try:
            request = request_tonight(
                database,
                settings.costs,
                SystemClock(),
                num_coins=num_coins,
                deadline=deadline,
                budget_usd=budget,
                workload=_workload(settings, database, num_coins, published=published),
            )
            if workers:
                num_shards = -(-num_coins // settings.fleet.shard_coins)
                fleet = fleet_size(request, num_days=days, num_shards=num_shards)
                print_json(fleet.to_json()) if as_json else print_fleet_size(out, fleet)
                return 0
            with waiting("comparing machines"):
                cost_plan = make_cost_plan(request)
        except ValueError as error:
            raise UsageError(f"cannot make a plan: {error}") from error
    if picture is not None:
        _write_picture(cost_plan, picture)
    claims = published_costs(planned_price(settings.costs), settings.costs.published_runs)
    if as_json:
        print_json({**cost_plan.to_json(), "published": [claim.to_json() for claim in claims]})
    else:
        print_cost_plan(out, cost_plan, claims, longest_unsaved_seconds=settings.interruption.checkpoint_max_seconds)
    return 0


@contextmanager
def _history(settings: "Settings") -> "Iterator[Database]":
    """The home's sessions and attempts; none where there is no home yet, as one plans before one rents."""
    from coin_models.db.opening import empty_database
    from coin_models.errors import NoHome
    from coin_models.pipeline.services import open_services

    try:
        services = open_services(settings, create=False)
    except NoHome:
        yield empty_database()
        return
    with services:
        yield services.database


def _workload(settings: "Settings", database: "Database", num_coins: int, *, published: bool) -> "Workload | None":
    """Our own durations, or a quick measurement where there are none; published ones if requested, or as a last resort."""
    from coin_models.costs.answers import own_workload, workload_as_published
    from coin_models.pipeline.speed import measure_workload

    if published:
        return workload_as_published(settings.costs, num_coins)
    measured = own_workload(database, SystemClock())
    if measured is not None:
        return measured
    with err.status("nothing was trained here yet: measuring the speed of this machine"):
        return measure_workload(settings.training)


def _write_picture(cost_plan: "CostPlan", path: Path) -> None:
    from coin_models.cli.plan_picture import plan_picture

    if path.suffix.lower() != ".svg":
        raise UsageError(f"--picture {path}: the picture is an SVG file; give a name that ends in .svg")
    try:
        path.write_text(plan_picture(cost_plan), encoding="utf-8")
        share(path)
    except OSError as error:
        raise UsageError(f"--picture {path}: {error.strerror}") from error
    err.print(f"picture: {path}", markup=False, soft_wrap=True)


def costs(
    last: Annotated[
        int | None, typer.Option("--last", help="Number of trading days; default 30.", min=1, max=3700)
    ] = None,
    month: Annotated[str | None, typer.Option("--month", help="The trading days of a month, YYYY-MM.")] = None,
    by: Annotated[str, typer.Option("--by", help="One row per day, month or coin (coin and day).")] = "day",
    as_json: options.AsJson = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print only CSV to stdout.")] = False,
) -> int:
    """Show what training and interruptions cost, and what spot machines saved."""
    from coin_models.cli.money_tables import print_costs
    from coin_models.costs.answers import ledger_of
    from coin_models.costs.ledger.ledger import to_csv, to_json
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    first, until = _days(last, month)
    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other")
    if by not in _BY:
        raise UsageError(f"--by {by!r} is not one of {', '.join(_BY)}")
    with open_services(load_settings(), create=False) as services:
        ledger = ledger_of(services.database, services.settings.costs, first, until)
        lines, total = _lines(ledger, by), ledger.total()
        if as_json:
            print_json(
                {"first": first, "last": until, "lines": [to_json(line) for line in lines], "total": to_json(total)}
            )
        elif as_csv:
            print(to_csv(lines), end="")
        elif lines:
            print_costs(out, lines, total)
        else:
            out.print(f"no session worked for the trading days {first} to {until}{_elsewhere(services, until)}")
    return 0


def _days(last: int | None, month: str | None) -> tuple[date, date]:
    """The trading days requested, first and last."""
    if last is not None and month is not None:
        raise UsageError("--last and --month exclude each other")
    if month is None:
        newest = newest_complete_day(SystemClock())
        return newest - timedelta(days=(last or _LAST_DAYS) - 1), newest
    try:
        first = options.parse_day(f"{month}-01", "--month")
    except UsageError:
        raise UsageError(f"--month {month!r} is not a month; use YYYY-MM, such as 2024-08") from None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _lines(ledger: "Ledger", by: str) -> "list[CostLine]":
    ways = {"day": ledger.by_day, "month": ledger.by_month, "coin": ledger.by_coin_day}
    return ways[by]()


def _elsewhere(services: "Services", until: date) -> str:
    """Where sessions exist: the trading days may lie in the past."""
    tried = services.attempts.days_tried(date.min, until)
    return f"; the newest day before is {max(tried)}: --month {max(tried):%Y-%m}" if tried else ""
