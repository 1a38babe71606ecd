"""The service's routes: a request in, a forecast or one sentence out. Who forecasts is `live_forecaster.py`'s business."""

import secrets
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version
from typing import Annotated, Any, Final

from fastapi import Body, Depends, FastAPI, HTTPException, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import SecretStr

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, CandlesTooOld, CoinModelsError, ModelDamaged, RegistryError, UsageError
from coin_models.market.universe import coin_name
from coin_models.serving.body_limit import BodyLimit
from coin_models.serving.host_guard import HostGuard
from coin_models.serving.live_forecaster import LiveForecaster
from coin_models.serving.page import CONTENT_POLICY, render_page
from coin_models.serving.schemas import CandlesBody, ErrorAnswer, ForecastAnswer, ForecastsAnswer, HealthAnswer

RETRY_SECONDS: Final = 10
"""When a caller may try again what was unavailable."""
_ADVICE: Final = "use an address that it listens on, or add the name to COIN_MODELS_SERVE_HOSTS if a proxy serves it"
_METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_Answers = dict[int | str, dict[str, Any]]

Coin = Annotated[str, Path(description="Base asset, such as BTC.", max_length=40)]
_bearer = HTTPBearer(auto_error=False, description="COIN_MODELS_SERVE_TOKEN, where it is set.")


def build_app(
    live: LiveForecaster,
    clock: Clock,
    *,
    token: SecretStr | None,
    hosts: Collection[str],
    metrics: Callable[[], bytes],
) -> FastAPI:
    """The application.

    Args:
        live: forecasts.
        clock: the time now.
        token: that requests must carry; None: none is needed.
        hosts: names under which it is served, beside loopback and the address of arrival.
        metrics: the home's figures for Prometheus.
    """
    app = FastAPI(
        title="coin_models",
        version=version("coin_models"),
        description="Forecasts of the next hour: quantiles of each coin's price, by its champion.",
        docs_url=None,  # FastAPI's own pages load their scripts from another host
        redoc_url=None,
    )
    app.add_middleware(BodyLimit)
    app.add_middleware(HostGuard, hosts=hosts, advice=_ADVICE)
    app.add_exception_handler(CoinModelsError, _error_answer)
    _add_health(app, live, clock)
    _add_forecasts(app, live, [Depends(_token_check(token))])
    _add_metrics(app, metrics, [Depends(_token_check(token))])
    _add_pages(app)
    return app


def _add_health(app: FastAPI, live: LiveForecaster, clock: Clock) -> None:
    @app.get("/health", response_model=HealthAnswer, responses=_errors(503))
    async def health(response: Response) -> dict[str, object]:
        """Whether any coin can be forecast, and since when the champions were not read. Needs no token."""
        now = live.health()
        response.status_code = 200 if now.is_serving else 503
        return {
            "status": "ok" if now.is_serving else "no models",
            "version": version("coin_models"),
            "coins": now.num_coins,
            "without_model": now.num_without,
            "champions_age_seconds": (clock.now() - now.checked_at).total_seconds(),
            "champions_error": now.error,
        }


def _add_forecasts(app: FastAPI, live: LiveForecaster, needs: list[Any]) -> None:
    @app.get("/forecasts", response_model=ForecastsAnswer, responses=_errors(401), dependencies=needs)
    def forecasts(
        coins: Annotated[
            str | None, Query(description="Coins, comma-separated; default: all.", max_length=20_000)
        ] = None,
    ) -> dict[str, object]:
        """The forecasts of all coins, or of these, from the newest closed candles. What fails for one coin is listed."""
        names = (
            None if coins is None else list(dict.fromkeys(coin_name(part) for part in coins.split(",") if part.strip()))
        )
        return live.forecaster.forecast_all(names).to_json()

    @app.get("/forecasts/{coin}", response_model=ForecastAnswer, responses=_errors(401, 404, 503), dependencies=needs)
    def forecast(coin: Coin) -> dict[str, object]:
        """A coin's forecast from the newest closed candles of the home's source. Refused where they are too old."""
        return live.forecaster.forecast(coin_name(coin)).to_json()

    @app.post(
        "/forecasts/{coin}", response_model=ForecastAnswer, responses=_errors(401, 404, 409, 413), dependencies=needs
    )
    def forecast_from(coin: Coin, body: Annotated[CandlesBody, Body()]) -> dict[str, object]:
        """A coin's forecast from the caller's own closed candles. Refused where they are too old or the last one still forms."""
        return live.forecaster.predict(coin_name(coin), body.candles).to_json()


def _add_metrics(app: FastAPI, metrics: Callable[[], bytes], needs: list[Any]) -> None:
    @app.get("/metrics", response_class=Response, responses=_errors(401, 503), dependencies=needs)
    def metrics_text() -> Response:
        """The home's figures in Prometheus's text format."""
        return Response(metrics(), media_type=_METRICS_TYPE)


def _add_pages(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def root(request: Request) -> Response:
        return RedirectResponse(f"{request.scope.get('root_path', '')}/docs")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return HTMLResponse(render_page(app.openapi()), headers={"Content-Security-Policy": CONTENT_POLICY})


def _token_check(token: SecretStr | None) -> Callable[..., Any]:
    """A dependency that refuses a request without the token; compared in the same time whatever is wrong with it."""
    wanted = None if token is None else token.get_secret_value().encode()

    async def check(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> None:
        if wanted is None:
            return
        offered = b"" if given is None else given.credentials.encode()
        if not secrets.compare_digest(offered, wanted):
            sentence = "the request carries no valid token: send Authorization: Bearer with COIN_MODELS_SERVE_TOKEN"
            raise HTTPException(401, sentence, headers={"WWW-Authenticate": "Bearer"})

    return check


def status_of(error: CoinModelsError, method: str) -> int:
    """The HTTP status of an error: whose fault it is, and whether trying again may help."""
    is_callers = method == "POST"  # whose candles they are
    if isinstance(error, CandlesTooOld):
        return 409 if is_callers else 503
    if is_callers and isinstance(error, (CandlesRejected, UsageError)):
        return 422
    return 404 if isinstance(error, RegistryError) and not isinstance(error, ModelDamaged) else 503


async def _error_answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, CoinModelsError)  # noqa: S101 - registered for it alone
    status = status_of(error, request.method)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status == 503 else {}
    return JSONResponse({"detail": str(error)}, status_code=status, headers=headers)


def _errors(*statuses: int) -> _Answers:
    return {status: {"model": ErrorAnswer, "description": _REASONS[status]} for status in statuses}


_REASONS: Final[Mapping[int, str]] = {
    401: "no valid token",
    404: "nothing forecasts the coin",
    409: "the candles are too old",
    413: "the body is too large",
    503: "unavailable, or the newest candles are too old; try again later",
}
