"""The server: what it refuses to start, how it ends, and a thousand requests while champions are swapped."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.errors import NoHome, UsageError
from coin_models.pipeline.services import open_services
from coin_models.serving.server import check_service, serve_forecasts
from coin_models.settings.root import Settings
from coin_models.settings.serve import ServeSettings
from coin_models_tests.pipeline.prepared_services import ServicesInMemory, services_in_memory
from coin_models_tests.serving.served import TOKEN, get, refreshed, running

COINS = ("BTC", "ETH")
_PATIENCE = 60.0
NUM_CLIENTS, BEFORE, DURING, AFTER = 20, 20, 25, 5  # requests of each client
_PROGRAM = """
import os, signal, sys
from pathlib import Path
from coin_models.serving.server import serve_forecasts
from coin_models.settings.root import Settings

def announce(line):
    print(line)
    print([name for name in ("torch", "dagster", "pytorch_lightning", "ccxt", "lightgbm") if name in sys.modules])
    os.kill(os.getpid(), signal.SIGTERM)

settings = Settings(home=Path(sys.argv[1]))
sys.exit(serve_forecasts(settings, host="127.0.0.1", port=int(sys.argv[2]), announce=announce))
"""


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path, COINS) as made:
        yield made


def test_more_than_loopback_needs_a_token() -> None:
    with pytest.raises(UsageError, match=r"--host 10\.1\.2\.3 can be reached .* set COIN_MODELS_SERVE_TOKEN"):
        check_service(Settings(), "10.1.2.3")

    check_service(Settings(), "127.0.0.1")
    check_service(Settings(serve=ServeSettings(token=SecretStr(TOKEN))), "10.1.2.3")


def test_a_port_in_use_and_a_home_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            serve_forecasts(Settings(home=tmp_path), host="127.0.0.1", port=port, announce=print)

    with pytest.raises(NoHome):
        serve_forecasts(Settings(home=tmp_path / "none"), host="127.0.0.1", port=port, announce=print)


def test_sigterm_ends_it_with_exit_code_0_after_the_requests(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    open_services(settings, create=True).close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    statuses: list[int] = []

    def ask_then_stop() -> None:
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                statuses.append(get(connection, "/health")[0])
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    def announce(_line: str) -> None:
        asking.start()

    asking, before = threading.Thread(target=ask_then_stop), signal.getsignal(signal.SIGTERM)
    code = serve_forecasts(settings, host="127.0.0.1", port=port, announce=announce)
    asking.join()

    assert (code, statuses) == (0, [503])  # nothing is published there
    assert signal.getsignal(signal.SIGTERM) is before


def test_it_starts_without_torch_and_dagster_and_a_signal_during_the_start_ends_it(tmp_path: Path) -> None:
    open_services(Settings(home=tmp_path), create=True).close()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path), str(port)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        f"forecasts of 0 coin(s), 20 without a model: http://127.0.0.1:{port}/docs (Ctrl-C stops it)",
        "[]",
    ]


def test_of_a_thousand_requests_at_twenty_at_a_time_none_fails_and_none_is_mixed_while_champions_are_swapped(
    services: ServicesInMemory,
) -> None:
    first = {coin: services.publish(coin).id for coin in COINS}
    live = refreshed(services)
    prices = {first[coin]: live.forecaster.forecast(coin).to_json()["prices"] for coin in COINS}
    begun, swapped = threading.Event(), threading.Event()
    ready = threading.Barrier(NUM_CLIENTS + 1, timeout=_PATIENCE)  # a client that failed must not be waited for

    def ask(port: int) -> list[dict[str, object]]:
        """What one client is answered, in order: the forecasts of both coins."""
        connection, answers = http.client.HTTPConnection("127.0.0.1", port), []
        for number in range(BEFORE + DURING + AFTER):
            if number == BEFORE:
                ready.wait()
                begun.wait(_PATIENCE)
            if number == BEFORE + DURING:
                swapped.wait(_PATIENCE)
            status, content = get(connection, "/forecasts")
            assert (status, content["failures"]) == (200, [])
            answers.append({one["version_id"]: one["prices"] for one in content["forecasts"]})
        connection.close()
        return answers

    with running(services, live) as port, ThreadPoolExecutor(NUM_CLIENTS) as clients:
        asking = [clients.submit(ask, port) for _ in range(NUM_CLIENTS)]
        ready.wait()
        second = {coin: services.publish(coin, seed=1).id for coin in COINS}
        begun.set()
        live.check()
        swapped.set()
        answers = [client.result() for client in asking]

    prices |= {second[coin]: live.forecaster.forecast(coin).to_json()["prices"] for coin in COINS}
    generations = (set(first.values()), set(second.values()))
    for of_client in answers:
        order = [generations.index(set(answer)) for answer in of_client]  # an answer of both would be in neither
        assert order == sorted(order)
        assert (order[0], order[-1]) == (0, 1)
        assert all(answer[version] == prices[version] for answer in of_client for version in answer)
    assert sum(map(len, answers)) == 1000
