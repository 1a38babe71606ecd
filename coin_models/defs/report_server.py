"""`/reports/` of the UI's web server: the index of days and coins, a day's report, a coin's page; behind the same guard.

The pages read the home and change nothing; they load no script, font or picture from elsewhere, and a header forbids it.
"""

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from coin_models.defs.links import PATH
from coin_models.errors import CoinModelsError, ObjectNotFound, UsageError
from coin_models.pipeline.report_pages import read_coin, read_day, read_index
from coin_models.pipeline.services import Services, open_services
from coin_models.redaction import redacted
from coin_models.reporting.report.coin_page import render_coin_page
from coin_models.reporting.report.index_page import render_index_page
from coin_models.settings.root import Settings

__all__ = ["PATH", "report_routes"]

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_BACK: Final = '<p class="soft"><a href="./">All days and coins</a></p>\n'


def report_routes(settings: Settings) -> list[Route]:
    """The routes below `PATH`."""

    def index(services: Services, _request: Request) -> str:
        return render_index_page(read_index(services))

    def day(services: Services, request: Request) -> str:
        return read_day(services, _day_of(request.path_params["day"])).replace("<body>", f"<body>\n{_BACK}", 1)

    def coin(services: Services, request: Request) -> str:
        return render_coin_page(read_coin(services, request.path_params["coin"]))

    return [
        Route("/", _endpoint(settings, index), methods=["GET"]),
        Route("/coins/{coin:str}", _endpoint(settings, coin), methods=["GET"]),
        Route("/{day:str}", _endpoint(settings, day), methods=["GET"]),
    ]


def _endpoint(settings: Settings, render: Callable[[Services, Request], str]) -> Callable[[Request], object]:
    def page(request: Request) -> str:
        with open_services(settings, create=False) as services:
            return render(services, request)

    async def endpoint(request: Request) -> Response:
        try:
            return HTMLResponse(await asyncio.to_thread(page, request), headers=_HEADERS)
        except (ObjectNotFound, UsageError) as error:
            return PlainTextResponse(f"{redacted(str(error))}\n", status_code=404)
        except CoinModelsError as error:
            return PlainTextResponse(f"{redacted(str(error))}\n", status_code=503)

    return endpoint


def _day_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is not a day such as 2024-08-15") from None
