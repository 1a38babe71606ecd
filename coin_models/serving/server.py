"""Runs the service on a home until a signal comes."""

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from types import FrameType
from typing import TYPE_CHECKING, Final

from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.forecast import Forecaster
from coin_models.pipeline.metrics import metrics_text
from coin_models.pipeline.services import Services, open_services
from coin_models.serving.addresses import is_loopback, listening_socket
from coin_models.serving.live_forecaster import LiveForecaster
from coin_models.settings.root import Settings

if TYPE_CHECKING:
    import uvicorn

_GRACE_SECONDS: Final = 10  # for requests that are being answered when a signal comes
_MAX_CONNECTIONS: Final = 512  # more are answered with 503
_STALE_ADVICE: Final = "It is refused until there are newer candles"


def serve_forecasts(settings: Settings, *, host: str, port: int, announce: Callable[[str], None]) -> int:
    """Serves until a signal comes; returns the exit code.

    Args:
        settings: of the home.
        host: address to listen on.
        port: port to listen on.
        announce: shown one line, once requests are answered.

    Raises:
        UsageError: FastAPI is not installed, the port is taken, or other machines could ask without a token.
        HomeError: there is no home where the settings say, or it holds another market.
    """
    check_service(settings, host)
    with (
        _stopped_by_signals() as stop,
        closing(listening_socket(host, port)) as listening,
        open_services(settings, create=False) as services,
        live_forecaster(services) as live,
    ):
        server = build_server(services, live, host)
        stop(server)
        health = live.health()
        without = f", {health.num_without} without a model" if health.num_without else ""
        announce(f"forecasts of {health.num_coins} coin(s){without}: http://{host}:{port}/docs (Ctrl-C stops it)")
        server.run(sockets=[listening])
    return ExitCode.DONE


def check_service(settings: Settings, host: str) -> None:
    """Refuses what would not work or not be safe, before anything is opened; raises as `serve_forecasts`."""
    if find_spec("fastapi") is None:
        raise UsageError("`coin-models serve` needs FastAPI, which is not installed; install coin_models[serve]")
    if settings.serve.token is None and not is_loopback(host):
        raise UsageError(
            f"--host {host} can be reached from other machines, and no token is set: set COIN_MODELS_SERVE_TOKEN, "
            "or listen on 127.0.0.1"
        )


def live_forecaster(services: Services) -> LiveForecaster:
    """What forecasts the universe and follows the champions."""
    forecaster = Forecaster(services, resolve_universe(services.settings), advice=_STALE_ADVICE)
    return LiveForecaster(forecaster, services.clock, services.settings.serve.refresh_seconds)


def build_server(services: Services, live: LiveForecaster, host: str) -> "uvicorn.Server":
    """The server, not yet started; it is given the socket that it listens on."""
    import uvicorn

    from coin_models.serving.app import build_app

    settings = services.settings
    app = build_app(
        live,
        services.clock,
        token=settings.serve.token,
        hosts=[host, *settings.serve.hosts],
        metrics=lambda: metrics_text(settings, services.clock),
    )
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    return uvicorn.Server(config)


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[["uvicorn.Server"], None]]:
    """Gives a function that names the server which a signal stops, also one that came while models were being loaded.

    Uvicorn raises its signal again once it has stopped: by then everything is closed, and it must end nothing else.
    """
    signals: list[int] = []
    servers: list[uvicorn.Server] = []

    def note(number: int, _frame: FrameType | None) -> None:
        signals.append(number)
        for server in servers:
            server.should_exit = True

    def name(server: "uvicorn.Server") -> None:
        servers.append(server)
        server.should_exit = bool(signals)

    previous = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield name
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
