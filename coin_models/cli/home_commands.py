"""`home show | adopt`: shows the configured home and joins a database to a store."""

from typing import Any

import typer

from coin_models.cli import options
from coin_models.cli.console import out, print_json

app = typer.Typer(help="The home: its market, its database and its store.", no_args_is_help=True)


@app.command("show")
def show(as_json: options.AsJson = False) -> int:
    """Show the configured home, market, database and store, and whether they belong together."""
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    with open_services(settings, create=False) as services:
        content = _content(services)
    if as_json:
        print_json(content)
        return 0
    for name, value in content.items():
        out.print(f"{name:<14} {value or 'none'}", markup=False, soft_wrap=True)
    return 0


@app.command("adopt")
def adopt(as_json: options.AsJson = False) -> int:
    """Join the configured database and store, and record that they hold the configured market."""
    from coin_models.home.opening import Home, require_parts
    from coin_models.home.opening import adopt as join
    from coin_models.pipeline.services import Services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    require_parts(settings)
    with Services(settings=settings) as services:
        home = Home(settings=settings, database=services.database, store=services.store)
        done = join(home, lambda: services.source)
    if as_json:
        print_json({"done": done})
    for sentence in () if as_json else done:
        out.print(sentence, markup=False, soft_wrap=True)
    return 0


def _content(services: Any) -> dict[str, str | None]:
    from coin_models.home.market import market_of
    from coin_models.home.records import read_database_record
    from coin_models.settings.places import find_settings_file

    settings = services.settings
    file, record = find_settings_file(), read_database_record(services.database)
    return {
        "market": market_of(settings).name_in(settings),
        "home": str(settings.home),
        "settings file": str(file) if file else None,
        "database": services.database.url,
        "store": services.store.url,
        "id": record.home_id if record else None,
    }
