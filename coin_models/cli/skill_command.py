"""`skill`: which published models forecast better than the reference, on days that they never saw."""

from typing import Annotated

import typer

from coin_models.cli import options
from coin_models.cli.console import out, print_json, print_market, waiting


def skill(
    last: Annotated[
        int,
        typer.Option("--last", help="Number of trading days that end with the newest recorded one.", min=1, max=3700),
    ] = 30,
    coins: Annotated[str | None, typer.Option("--coins", help="Coins, comma-separated; default: all recorded.")] = None,
    as_json: options.AsJson = False,
) -> int:
    """Show out-of-sample skill per coin, the best first: over the reference and over unconditional quantiles."""
    from coin_models.cli.skill_table import print_leaderboard
    from coin_models.pipeline.services import open_services
    from coin_models.pipeline.skill import read_leaderboard
    from coin_models.settings.load import load_settings

    named = options.named_coins(coins)
    with open_services(load_settings(), create=False) as services:
        with waiting("reading the recorded days"):
            leaderboard = read_leaderboard(services.database, last, named)
        if as_json:
            print_json(leaderboard.to_json())
        else:
            print_market(services.settings)
            print_leaderboard(out, leaderboard)
    return 0
