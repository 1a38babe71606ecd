"""`requests list | end`: lists requests for training and ends them."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import out, print_json
from coin_models.cli.wide_tables import print_table

if TYPE_CHECKING:
    from datetime import date

    from coin_models.operations.requests import Request
    from coin_models.pipeline.services import Services
    from coin_models.settings.root import Settings

app = typer.Typer(help="Requests: which days and coins to train, and who requested them.", no_args_is_help=True)

_COINS_SHOWN = 6


@app.command("list")
def list_requests(
    everything: Annotated[
        bool,
        typer.Option("--all", help="Also list requests older than the resume window."),
    ] = False,
    as_json: options.AsJson = False,
) -> int:
    """List open requests: days and coins that the resume sensor trains when something is missing."""
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    with open_services(load_settings(), create=False) as services:
        since = _window_start(services)
        requests = [request for request in services.requests.all() if everything or request.asks_since(since)]
    if as_json:
        print_json([_content(request, since) for request in requests])
    elif requests:
        print_table(out, _table(requests, since))
    else:
        out.print("no open request; `coin-models retrain`, the schedule or the UI makes one")
    return 0


@app.command("end")
def end(
    number: Annotated[int, typer.Argument(help="Number of the request, from `requests list`.", min=1)],
    as_json: options.AsJson = False,
) -> int:
    """End a request. Its results are kept. Ending the schedule's request turns the schedule off."""
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    with open_services(settings, create=False) as services:
        ended = services.requests.end(number)
        since = _window_start(services)
    schedule = _turn_off(settings) if _is_nightly(ended) else None
    if as_json:
        print_json({**_content(ended, since), "open": False, "schedule_off": schedule is True})
        return 0
    out.print(f"ended request {number}: {ended}", markup=False, soft_wrap=True)
    if schedule is not None:
        out.print(_SAID[schedule], markup=False, soft_wrap=True)
    return 0


_SAID = {
    True: "the schedule `nightly` is now off; turn it on again in the UI under Automation",
    False: "no daemon has registered the schedule `nightly` yet: when one starts, turn it off in the UI under Automation",
}


def _is_nightly(request: "Request") -> bool:
    from coin_models.defs.runs import NIGHTLY

    return request.last_day is None and request.asked_by == NIGHTLY


def _turn_off(settings: "Settings") -> bool:
    from coin_models.defs.instance.home import open_instance
    from coin_models.defs.instance.storage_errors import storage_explained
    from coin_models.defs.sensors.nightly import turn_schedule_off

    with storage_explained(settings), open_instance(settings) as instance:
        return turn_schedule_off(instance)


def _window_start(services: "Services") -> "date":
    """The first day that the resume sensor looks at."""
    return services.newest_trading_day() - timedelta(days=services.settings.operations.resume_window_days - 1)


def _content(request: "Request", since: "date") -> dict[str, Any]:
    return {
        "number": request.request_id,
        "first_day": request.first_day.isoformat(),
        "last_day": request.last_day.isoformat() if request.last_day else None,
        "coins": None if request.coins is None else list(request.coins),
        "asked_by": request.asked_by,
        "asked_at": request.asked_at.isoformat(),
        "run": request.run_id,
        "open": request.asks_since(since),
    }


def _table(requests: "list[Request]", since: "date") -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("number", "days", "coins", "requested by", "requested at (UTC)", "open"):
        table.add_column(name, justify="right" if name == "number" else "left")
    for request in requests:
        table.add_row(
            str(request.request_id),
            request.days_text,
            escape(_coins(request)),
            escape(request.asked_by),
            f"{request.asked_at:%Y-%m-%d %H:%M:%S}",
            "yes" if request.asks_since(since) else "[dim]no[/]",
        )
    return table


def _coins(request: "Request") -> str:
    if request.coins is None:
        return "the universe"
    more = len(request.coins) - _COINS_SHOWN
    return ", ".join(request.coins[:_COINS_SHOWN]) + (f" and {more} more" if more > 0 else "")
