"""`serve`: forecasts over HTTP."""

from typing import Annotated

import typer

from coin_models.cli.console import err


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port to listen on.", min=1, max=65535)] = 8000,
) -> int:
    """Serve forecasts over HTTP, by the champions of the moment: a new one forecasts without a restart.

    Candles that closed more than two candles ago are refused. Beyond loopback a token is required: COIN_MODELS_SERVE_TOKEN.
    """
    from coin_models.serving.server import serve_forecasts
    from coin_models.settings.load import load_settings

    return serve_forecasts(
        load_settings(),
        host=host,
        port=port,
        announce=lambda line: err.print(line, markup=False, soft_wrap=True),
    )
