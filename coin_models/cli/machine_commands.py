"""`settings`, `ui`, `bench`: the commands about this machine."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from coin_models.cli import options
from coin_models.cli.console import counting_bar, out, print_json

_WIDE = 120  # columns of a terminal in which descriptions find room; docs/settings.md has them all


def settings(
    changed: Annotated[bool, typer.Option("--changed", help="Only those that are not at their defaults.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON schema of coin_models.toml.")] = False,
    as_json: options.AsJson = False,
) -> int:
    """Show the effective settings, with secrets masked, and where each comes from."""
    from coin_models.settings.load import effective_settings, load_settings

    if schema:
        from coin_models.settings.schema import settings_schema

        print_json(settings_schema())
        return 0
    rows = [row for row in effective_settings(load_settings()) if row.origin != "default" or not changed]
    if as_json:
        print_json([{"name": r.name, "variable": r.variable, "value": r.value, "origin": r.origin} for r in rows])
        return 0
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("setting", no_wrap=True)
    for name in ("value", "from", "what it is")[: 3 if out.width >= _WIDE else 2]:
        table.add_column(name, overflow="fold")
    for row in rows:
        origin = f"[dim]{row.origin}[/]" if row.origin == "default" else f"[green]{row.origin}[/]"
        table.add_row(
            *(row.name, escape(row.value), origin, f"[dim]{escape(row.description)}[/]")[: len(table.columns)]
        )
    out.print(table)
    return 0


def ui(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 3000,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Show everything, launch and change nothing; the daemon runs all the same."),
    ] = False,
    path_prefix: Annotated[
        str, typer.Option("--path-prefix", help="Path below which a proxy serves the UI, such as /dagster.")
    ] = "",
) -> int:
    """Start the Dagster UI (webserver and daemon) on the command line's home.

    Requests that name another host, come from a page of another site, or carry a mutation by GET are refused.
    """
    from coin_models.defs.servers import serve
    from coin_models.settings.load import load_settings

    return serve(load_settings(), host=host, port=port, path_prefix=path_prefix, is_read_only=read_only)


def bench(as_json: options.AsJson = False) -> int:
    """Measure throughput relative to peak GEMM and to plain per-coin Lightning; time a retrain."""
    from coin_models.cli.end_to_end import time_retrain
    from coin_models.pipeline.warm_up import import_trainer
    from coin_models.settings.load import load_settings

    settings = load_settings()
    import_trainer(settings.training).result()
    from coin_models.bench.fit_speed import run_bench

    with counting_bar() as advance:
        advance("fitting", 0, 2)
        figures: dict[str, Any] = run_bench(settings)
        advance("retraining", 1, 2)
        figures |= time_retrain()
    if as_json:
        print_json(figures)
        return 0
    for name, value in figures.items():
        out.print(f"{name:<44} {value:,.3f}" if isinstance(value, float) else f"{name:<44} {value}", markup=False)
    return 0
