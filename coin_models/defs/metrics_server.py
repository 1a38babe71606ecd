"""`/metrics` over HTTP: a route for the UI's web server, and a server of its own, both behind the request guard."""

import asyncio
from collections.abc import Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from coin_models.defs.request_guard import RequestGuard
from coin_models.errors import CoinModelsError
from coin_models.pipeline.metrics import CONTENT_TYPE, metrics_text
from coin_models.redaction import redacted
from coin_models.settings.root import Settings

PATH = "/metrics"


def metrics_route(settings: Settings) -> Route:
    """Answers with the metrics, or with 503 and one sentence where the database does not answer."""

    async def endpoint(_request: Request) -> Response:
        try:
            text = await asyncio.to_thread(metrics_text, settings)
        except CoinModelsError as error:
            return PlainTextResponse(f"{redacted(str(error))}\n", status_code=503)
        return Response(text, media_type=CONTENT_TYPE)

    return Route(PATH, endpoint, methods=["GET"])


def metrics_app(settings: Settings, hosts: Sequence[str]) -> Starlette:
    """An application that serves the metrics alone."""
    return Starlette(routes=[metrics_route(settings)], middleware=[Middleware(RequestGuard, hosts=hosts)])


def serve_metrics(settings: Settings, host: str, port: int) -> None:
    """Serves until a signal comes."""
    app = metrics_app(settings, [host, *settings.operations.ui_hosts])
    uvicorn.run(app, host=host, port=port, log_level="warning", access_log=False, server_header=False)
