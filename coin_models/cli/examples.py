"""The examples below each command's `--help`: short and real, and run by the tests of the documentation."""

from collections.abc import Mapping
from typing import Final

import typer

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "init": ("", "--yes --exchange binance --coins BTC,ETH", "--yes --files path/to/candles"),
    "doctor": ("", "--json"),
    "settings": ("--changed", "--schema"),
    "home show": ("",),
    "home adopt": ("",),
    "home backup": ("path/to/backups",),
    "home restore": ("path/to/backups",),
    "home move": ("--to path/to/new-home",),
    "home rebuild": ("",),
    "retrain": ("", "--dry-run", "--from 2024-08-01 --to 2024-08-14 --coins BTC,ETH"),
    "status": ("--last 14", "--failed", "--watch"),
    "report": ("--open", "--day 2024-08-15"),
    "skill": ("", "--last 365 --coins ETH"),
    "predict": ("BTC", "--all --json", "--coins BTC,ETH"),
    "backtest": ("--from 2024-08-14 --to 2024-08-15 -o backtest.html",),
    "forecasts export": ("-o forecasts.parquet", "--coins ETH --from 2024-08-15 --to 2024-08-15 --format csv -o -"),
    "forecasts record": ("--from 2024-08-15 --to 2024-08-15",),
    "serve": ("", "--port 8100", "--host 0.0.0.0"),
    "models list": ("--limit 5", "--day 2024-08-15 --json"),
    "models show": ("BTC", "BTC --day 2024-08-15"),
    "models verify": ("",),
    "models export-onnx": ("BTC -o btc.onnx",),
    "models promote": ("BTC --reason steadier",),
    "models rollback": ("ETH",),
    "patterns": ("BTC",),
    "candles refresh": ("--coins BTC --from 2024-08-01 --to 2024-08-15",),
    "candles check": ("path/to/candles", "--coins BTC"),
    "candles show": ("BTC",),
    "unquarantine": ("BTC", "--all"),
    "requests list": ("",),
    "requests end": ("1",),
    "plan": ("--coins 500 --deadline 08:00 --budget 2", "--workers --coins 500 --days 365"),
    "costs": ("--last 30", "--month 2024-08 --by coin --csv"),
    "ui": ("", "--port 3100", "--read-only --path-prefix /dagster"),
    "prune": ("--dry-run", ""),
    "health": ("--max-age 26h --json",),
    "metrics": ("", "--output coin_models.prom", "--listen 127.0.0.1:9464"),
    "notify test": ("",),
    "notify status": ("",),
    "notify bot": ("",),
    "worker": ("--idle-minutes 10",),
    "workers": ("",),
    "backfill": ("--from 2025-01-01 --to 2025-12-31",),
    "stack up": ("",),
    "stack down": ("",),
    "stack status": ("",),
    "stack env": ("",),
    "stack run": ("--day 2024-08-15 --no-ui",),
    "drill": ("--kills 10 --mode mixed", "--daemon --kills 10"),
    "simulate": ("--nights 5", "--nights 1 --seed 7"),
    "bench": ("",),
}
"""By the command's whole name: what follows it."""


def show_examples(app: typer.Typer, prefix: str = "") -> None:
    """Puts the examples below the help of each command of this application and of its groups."""
    for command in app.registered_commands:
        shown = lines(f"{prefix}{command.name}")
        command.epilog = "\n\n".join(["Examples:" if len(shown) > 1 else "Example:", *shown]) if shown else None
    for group in app.registered_groups:
        if group.typer_instance is not None:
            show_examples(group.typer_instance, f"{prefix}{group.name} ")


def lines(name: str) -> list[str]:
    """Such as `coin-models models show BTC`."""
    return [f"coin-models {name} {rest}".rstrip() for rest in EXAMPLES.get(name, ())]
