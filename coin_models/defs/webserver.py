"""Dagster's web server behind the request guard: `python -m coin_models.defs.webserver`, options as `dagster-webserver`.

Dagster offers no option for middleware, so the application class is replaced by a subclass that adds one through the public
method `build_middleware`. `coin-models ui`, the container and the systemd unit start this module, never `dagster-webserver`.
"""

import os
import sys
from typing import Any

import click
from dagster_webserver import app
from dagster_webserver.cli import cli
from dagster_webserver.webserver import DagsterWebserver
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from coin_models.defs.metrics_server import metrics_route
from coin_models.defs.report_server import PATH, report_routes
from coin_models.defs.request_guard import RequestGuard
from coin_models.errors import SettingsError
from coin_models.logs import redact_logs
from coin_models.private_files import keep_private
from coin_models.settings.load import load_settings


class GuardedWebserver(DagsterWebserver[Any, Any]):
    """Dagster's web server, whose outermost middleware is the guard."""

    def build_routes(self) -> list[BaseRoute]:
        """Ours, at the root, before Dagster's, whose last one answers every path."""
        settings, prefix = load_settings(), str(click.get_current_context().params["path_prefix"])
        pages = [Mount(f"{below}{PATH}", routes=report_routes(settings)) for below in dict.fromkeys(["", prefix])]
        return [metrics_route(settings), *pages, *super().build_routes()]  # type: ignore[no-untyped-call]

    def build_middleware(self) -> list[Middleware]:
        """The guard, then Dagster's own."""
        bound = str(click.get_current_context().params["host"])
        hosts = [bound, *load_settings().operations.ui_hosts]
        return [Middleware(RequestGuard, hosts=hosts), *super().build_middleware()]


def main() -> None:
    """Serves until a signal comes; leaves with Dagster's exit code, or 2 where the settings cannot be read."""
    keep_private()
    redact_logs()
    try:
        chosen = load_settings().log_format
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        raise SystemExit(error.exit_code) from None
    vars(app)["DagsterWebserver"] = GuardedWebserver  # the name that Dagster's command makes its server of
    if chosen == "json":
        os.environ.setdefault("DAGSTER_WEBSERVER_LOG_FORMAT", chosen)
    cli(auto_envvar_prefix="DAGSTER_WEBSERVER")


if __name__ == "__main__":
    main()
