"""`home show | adopt | backup | restore | move | rebuild`: shows the home, joins its parts, copies, moves and recovers it."""

import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from coin_models.cli import options
from coin_models.cli.console import err, out, print_json
from coin_models.exit_codes import ExitCode

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


@app.command("backup")
def backup(
    target: Annotated[str, typer.Argument(metavar="TO", help="A folder or s3://bucket/prefix.")],
    as_json: options.AsJson = False,
) -> int:
    """Copy the home (tables, candles, models, reports) to another store; runs may continue. The next one copies what is new."""
    from coin_models import __version__
    from coin_models.cli.console import counting_bar
    from coin_models.home.backup import back_up
    from coin_models.home.opening import Home
    from coin_models.operations.turns import HOME, Turn
    from coin_models.pipeline.services import open_services
    from coin_models.settings.load import load_settings
    from coin_models.storage.factory import store_at

    settings = load_settings()
    store = store_at(settings, target)
    with open_services(settings, create=False) as services, counting_bar() as advance:
        home = Home(settings=settings, database=services.database, store=services.store)
        with Turn(services.leases, HOME, f"backup {uuid.uuid4().hex}") as turn:  # nothing is pruned meanwhile

            def step(text: str, done: int, total: int) -> None:
                advance(text, done, total)
                turn.renew()

            made, copied = back_up(home, store, services.clock.now(), step, made_by=__version__)
    content = {
        "backup": made.stamp,
        "to": store.url,
        "rows": made.num_rows,
        "objects": made.num_objects,
        "copied": copied.num_copied,
        "bytes": copied.num_bytes,
        "damaged": list(copied.damaged),
    }
    if as_json:
        print_json(content)
    else:
        _say(
            f"backup {made.stamp} in {store.url}: {made.num_rows:,} rows, {made.num_objects:,} objects "
            f"({copied.num_copied:,} of them new, {copied.num_bytes / 1e6:,.1f} MB)"
        )
    return _say_damaged(copied.damaged, store.url)


@app.command("restore")
def restore(
    source: Annotated[str, typer.Argument(metavar="FROM", help="Where `home backup` wrote it.")],
    stamp: Annotated[
        str | None, typer.Option("--backup", help="Its time, 20260310T020000Z; default: the newest.")
    ] = None,
    as_json: options.AsJson = False,
) -> int:
    """Restore a backup into the configured home, which must be empty; its database and store may be others than before."""
    from coin_models.cli.console import counting_bar
    from coin_models.home.backup import find_backup
    from coin_models.home.backup import restore as fill
    from coin_models.home.opening import Home
    from coin_models.pipeline.services import Services
    from coin_models.settings.load import load_settings
    from coin_models.storage.factory import store_at

    settings = load_settings()
    store = store_at(settings, source)
    chosen = find_backup(store, stamp)
    with Services(settings=settings) as services, counting_bar() as advance:
        home = Home(settings=settings, database=services.database, store=services.store)
        copied, incomplete = fill(chosen, store, home, advance)
    content = {
        "backup": chosen.stamp,
        "from": store.url,
        "rows": chosen.num_rows,
        "objects": copied.num_objects,
        "damaged": list(copied.damaged),
        "incomplete": incomplete,
    }
    if as_json:
        print_json(content)
    else:
        _say(f"restored {chosen.stamp} from {store.url}: {chosen.num_rows:,} rows, {copied.num_objects:,} objects")
        for version in incomplete:
            _say(f"warning: the model of {version} is not in the backup; `coin-models retrain --force` makes it again")
        _say("next: coin-models models verify; then coin-models retrain, which says what is up to date")
    return _say_damaged(copied.damaged, store.url) if not incomplete else ExitCode.SOME_FAILED


@app.command("move")
def move(
    target: Annotated[
        Path, typer.Option("--to", metavar="FOLDER", help="Folder of the new home's coin_models.toml, or that file.")
    ],
    as_json: options.AsJson = False,
) -> int:
    """Move the home to the database and store of another coin_models.toml, history included. After a kill the same command
    continues."""
    from coin_models.cli.console import counting_bar
    from coin_models.defs.instance.home import open_instance
    from coin_models.defs.instance.moved_history import move_history
    from coin_models.home.opening import require_parts
    from coin_models.pipeline.move import move_home
    from coin_models.pipeline.services import Services
    from coin_models.settings.elsewhere import settings_in
    from coin_models.settings.load import load_settings

    settings = load_settings()
    require_parts(settings)
    elsewhere = settings_in(target)
    with Services(settings=settings) as origin, Services(settings=elsewhere) as new, counting_bar() as advance:

        def history(step: Any) -> tuple[int, int]:
            with open_instance(settings) as before, open_instance(elsewhere) as after:
                for instance in (before, after):  # PostgreSQL's storage connects for each statement otherwise
                    instance.optimize_for_webserver(statement_timeout=0, pool_recycle=3600, max_overflow=1)
                return move_history(before, after, step)

        moved = move_home(origin, new, advance, history)
    if as_json:
        print_json(moved.to_json())
    elif moved.was_moved:
        _say(f"this home was moved to {moved.to} and {moved.store} before; nothing to do")
    else:
        _say(
            f"moved to {moved.to} and {moved.store}: {moved.num_rows:,} rows, {moved.num_objects:,} objects "
            f"({moved.num_copied:,} copied now), {moved.num_runs:,} runs and {moved.num_partitions:,} partitions of Dagster; "
            "compared, and equal"
        )
        _say(f"next: in {target}: coin-models retrain --dry-run; this home refuses every command from now on")
    return _say_damaged(moved.damaged, moved.store)


@app.command("rebuild")
def rebuild(as_json: options.AsJson = False) -> int:
    """Rebuild a lost database from the store: models, candles, champions. After a kill the same command continues."""
    from coin_models.cli.console import counting_bar
    from coin_models.pipeline.rebuild import rebuild_home
    from coin_models.pipeline.services import Services
    from coin_models.settings.load import load_settings

    settings = load_settings()
    with Services(settings=settings) as services:
        with counting_bar() as advance:
            rebuilt = rebuild_home(services, advance)
        places = f"{services.database.url} from {services.store.url}"
    if as_json:
        print_json(rebuilt.to_json())
    else:
        _say(f"rebuilt {places}, home {rebuilt.home_id[:8]}")
        for line in rebuilt.lines:
            _say(line)
    for sentence in rebuilt.warnings:
        err.print(f"warning: {sentence}", markup=False, soft_wrap=True)
    return ExitCode.SOME_FAILED if rebuilt.left_out else ExitCode.DONE


def _say(text: str) -> None:
    out.print(text, markup=False, soft_wrap=True)


def _say_damaged(damaged: Sequence[str], url: str) -> int:
    for key in damaged:
        err.print(f"error: {key} is damaged, and was not copied ({url})", markup=False, soft_wrap=True)
    return ExitCode.SOME_FAILED if damaged else ExitCode.DONE


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
