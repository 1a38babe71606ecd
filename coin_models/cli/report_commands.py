"""`report` and `patterns`: shows the daily report and the pattern library in a terminal."""

import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import err, out, print_json, print_market
from coin_models.errors import RegistryError

if TYPE_CHECKING:
    from coin_models.storage.object_store import ObjectStore

Newest = Annotated[str | None, typer.Option("--day", help="Trading day, YYYY-MM-DD; default: the newest one.")]


def report(
    day: Newest = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
    as_json: options.AsJson = False,
) -> int:
    """Show the daily report: what happened, which models can be trusted, what it cost."""
    from rich.markdown import Markdown

    from coin_models.pipeline.daily_report import read_report
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    with open_services(load_settings(), create=False) as services:
        daily_report = read_report(services, options.parse_day(day, "--day") if day else None)
        print_market(services.settings, to_stderr=as_json)
        if as_json:
            print_json(daily_report.content)
        else:
            out.print(
                Markdown(daily_report.markdown) if out.is_terminal else daily_report.markdown,
                markup=False,
                soft_wrap=True,
            )
            out.print(f"page: {services.store.url}/{daily_report.html_key}", markup=False, soft_wrap=True)
        if open_it:
            show_page(services.store, daily_report.html_key, webbrowser.open)
    return 0


def show_page(store: "ObjectStore", key: str, browse: Callable[[str], bool]) -> Path:
    """Shows a stored page in the browser, out of a copy where the store is no folder of this machine; returns its file."""
    path = Path(store.url) / key
    if "://" in store.url or not path.is_file():
        path = Path(tempfile.mkdtemp(prefix="coin-models-report-")) / key.replace("/", "-")
        path.write_bytes(store.get(key))
    if not browse(path.as_uri()):
        err.print(f"no browser could be started here; open {path} with one", markup=False, soft_wrap=True)
    return path


def patterns(
    coin: Annotated[str, typer.Argument(help="Coin, such as BTC.")],
    day: Newest = None,
    limit: Annotated[int, typer.Option("--limit", help="Largest number of rows in the table.", min=1)] = 12,
    as_json: options.AsJson = False,
) -> int:
    """Show a coin's recurring price shapes, what followed each, and which match now."""
    from coin_models.cli.pattern_tables import print_patterns
    from coin_models.market.universe import resolve_universe
    from coin_models.pipeline.patterns import read_patterns
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings
    from coin_models.trading.patterns.lookup import patterns_of

    settings = load_settings()
    name = options.parse_coin(coin, resolve_universe(settings))
    with open_services(settings, create=False) as services:
        library = read_patterns(services, options.parse_day(day, "--day") if day else None)
    coin_patterns = patterns_of(library, name, false_discovery_rate=settings.trading.pattern_false_discovery_rate)
    if not coin_patterns:
        raise RegistryError(
            f"none of the {len(library.patterns)} shapes of {library.day} occurred in {name}; `--day` shows an earlier day's"
        )
    if as_json:
        print_json({"coin": name, "day": library.day.isoformat(), "patterns": [one.to_json() for one in coin_patterns]})
    else:
        print_patterns(out, name, library.day, coin_patterns, settings, limit=limit)
    return 0
