"""`/reports/` of the UI's web server: the index, a day's report, a coin's page, a backtest; behind the same guard.

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
from coin_models.pipeline.report_pages import read_backtest, read_coin, read_day, read_index
from coin_models.pipeline.services import Services, open_services
from coin_models.redaction import redacted
from coin_models.reporting.backtest.page import render_backtest
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


def report_routes(settings: Settings) -> list[Route]:
    """The routes below `PATH`."""

    def index(services: Services, _request: Request) -> str:
        return render_index_page(read_index(services))

    def day(services: Services, request: Request) -> str:
        return _with_way_back(read_day(services, _day_of(request.path_params["day"])), up="./")

    def coin(services: Services, request: Request) -> str:
        return render_coin_page(read_coin(services, request.path_params["coin"]))

    def backtest(services: Services, request: Request) -> str:
        first, last = (_day_of(request.path_params[name]) for name in ("first", "last"))
        coins = [name for name in request.query_params.get("coins", "").split(",") if name.strip()]
        return _with_way_back(
            render_backtest(read_backtest(services, first, last, coins, _trials_of(request.query_params.get("trials"))))
        )

    return [
        Route("/", _endpoint(settings, index), methods=["GET"]),
        Route("/coins/{coin:str}", _endpoint(settings, coin), methods=["GET"]),
        Route("/backtests/{first:str}/{last:str}", _endpoint(settings, backtest), methods=["GET"]),
        Route("/{day:str}", _endpoint(settings, day), methods=["GET"]),
    ]


def _with_way_back(page: str, *, up: str = "../../") -> str:
    """The page with a link to the index, which is there by the relative path `up`."""
    return page.replace("<body>", f'<body>\n<p class="soft"><a href="{up}">All days and coins</a></p>\n', 1)


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


def _trials_of(text: str | None) -> int | None:
    if text is None:
        return None
    if text.isdecimal() and int(text[:9]) >= 1:
        return int(text[:9])
    raise UsageError(f"{text[:20]!r} is not a number of settings that were tried; give 1 or more")
