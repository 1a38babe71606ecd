"""Starts the Dagster webserver and daemon of `coin-models ui` on a home, and stops them together.

In production each is a service (deploy/). `dagster dev` is not used: it is superseded and says so at every start.
"""

import logging
import os
import re
import signal
import subprocess
import sys
import time
from types import FrameType

from coin_models.defs.instance.home import dagster_home, open_instance
from coin_models.errors import UsageError
from coin_models.exit_codes import ExitCode
from coin_models.home.market import market_line
from coin_models.pipeline.services import open_services
from coin_models.serving.addresses import check_port, is_loopback
from coin_models.settings.root import Settings

logger = logging.getLogger(__name__)

WEBSERVER = "coin_models.defs.webserver"
"""The module that is started in place of `dagster-webserver`."""

CODE_SERVER_LOG_FORMAT = "DAGSTER_CLI_API_GRPC_LOG_FORMAT"
_MODULE = "coin_models.definitions"
_PREFIX = re.compile(r"(/[\w.~-]+)+")
_STOP_SECONDS = 20.0


def serve(settings: Settings, *, host: str, port: int, path_prefix: str = "", is_read_only: bool = False) -> int:
    """Runs both until one ends or a signal comes; returns the exit code.

    Args:
        settings: of the home.
        host: address to listen on.
        port: port to listen on.
        path_prefix: path below which a proxy serves the UI, such as /dagster.
        is_read_only: the UI shows everything and changes nothing; the daemon works as ever.

    Raises:
        UsageError: the port is already in use, or the prefix is no path.
    """
    check_prefix(path_prefix)
    check_port(host, port)
    if not is_loopback(host):
        logger.warning(
            "the UI has no login and listens on %s: put a proxy with a login in front of it (docs/deploy.md)", host
        )
    open_services(settings, create=True).close()  # refused here, in one sentence, if the home is not the settings'
    open_instance(settings).dispose()  # tables and pools are there before two processes look for them
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(dagster_home(settings)),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        **code_server_log_format(settings),
    }
    commands = (
        [*_webserver(host, port, path_prefix, is_read_only=is_read_only), "-m", _MODULE],
        ["dagster._daemon", "run", *_log_format(settings), "-m", _MODULE],
    )
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    previous = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    processes = [
        subprocess.Popen([sys.executable, "-m", *command], env=environment, start_new_session=True)  # noqa: S603
        for command in commands
    ]
    address = f"http://{host}:{port}{path_prefix}"
    print(f"Dagster UI: {address}   ({market_line(settings)}; Ctrl-C stops it)", file=sys.stderr)  # noqa: T201
    try:
        while not stopping and all(process.poll() is None for process in processes):
            time.sleep(0.2)
        return ExitCode.DONE if stopping else ExitCode.COULD_NOT_WORK
    finally:
        for process in processes:
            _end(process)
        for number, handler in previous.items():
            signal.signal(number, handler)


def check_prefix(path_prefix: str) -> None:
    """Refuses a prefix that Dagster would not serve."""
    if path_prefix and not _PREFIX.fullmatch(path_prefix):
        raise UsageError(f"--path-prefix {path_prefix!r} is not a path such as /dagster, without a slash at its end")


def _webserver(host: str, port: int, path_prefix: str, *, is_read_only: bool) -> list[str]:
    """The module and arguments of the web server."""
    prefix = ["--path-prefix", path_prefix] if path_prefix else []
    return [WEBSERVER, "--host", host, "--port", str(port), *prefix, *(["--read-only"] if is_read_only else [])]


def _log_format(settings: Settings) -> list[str]:
    """Dagster's own option; `text` is its default, colours included."""
    return ["--log-format", settings.log_format] if settings.log_format == "json" else []


def code_server_log_format(settings: Settings) -> dict[str, str]:
    """The variable by which the code servers that both start read Dagster's option `--log-format`: their command is Dagster's."""
    return {CODE_SERVER_LOG_FORMAT: settings.log_format} if settings.log_format == "json" else {}


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM, then SIGKILL to what is left of the process's own group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
