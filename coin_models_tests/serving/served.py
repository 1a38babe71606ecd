"""A service in this process: its application for requests one by one, and a real server on a port of its own."""

import asyncio
import http.client
import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import httpx
from fastapi import FastAPI
from pydantic import SecretStr

from coin_models.clock import FixedClock
from coin_models.serving.app import build_app
from coin_models.serving.live_forecaster import LiveForecaster
from coin_models.serving.server import build_server, live_forecaster
from coin_models_tests.pipeline.prepared_services import ServicesInMemory

TOKEN = "a-token-of-the-tests"


def refreshed(services: ServicesInMemory) -> LiveForecaster:
    """A forecaster that has read the champions, and reads them again when a test says so."""
    live = live_forecaster(services)
    live.check()
    return live


def application(services: ServicesInMemory, live: LiveForecaster, *, token: str | None = None) -> FastAPI:
    return build_app(
        live,
        services.clock,
        token=None if token is None else SecretStr(token),
        hosts=["api.example.org"],
        metrics=lambda: b"coin_models_coins 2\n",
    )


class Client:
    """Sends requests to an application in this process."""

    def __init__(self, app: FastAPI, host: str = "127.0.0.1:8000") -> None:
        self._app, self._host = app, host

    def get(self, path: str, *, headers: Mapping[str, str] = MappingProxyType({})) -> httpx.Response:
        return asyncio.run(self._sent("GET", path, headers, None))

    def post(self, path: str, *, content: object) -> httpx.Response:
        return asyncio.run(self._sent("POST", path, {}, content))

    async def _sent(self, method: str, path: str, headers: Mapping[str, str], content: object) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, headers={"Host": self._host, **headers}, json=content)


def client(services: ServicesInMemory, *, token: str | None = None) -> Client:
    """Sends requests to the application over these services, from its own host."""
    return Client(application(services, refreshed(services), token=token))


def clock_of(services: ServicesInMemory) -> FixedClock:
    assert isinstance(services.clock, FixedClock)
    return services.clock


@contextmanager
def running(services: ServicesInMemory, live: LiveForecaster) -> Iterator[int]:
    """A real server in a thread; gives its port."""
    listening = socket.create_server(("127.0.0.1", 0))  # connections wait there until it accepts them
    server = build_server(services, live, "127.0.0.1")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, Any]:
    """Status and content of the answer."""
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
