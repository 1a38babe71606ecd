"""A simulated host: webserver, daemon, code servers and run workers of one home, which are killed together.

Each server leads a process group of its own, which Dagster's code servers and run workers inherit. All process groups
are stopped first and then killed, so that they die at the same instant.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from coin_models.defs.servers import WEBSERVER
from coin_models.errors import TrainingError

_BOOT_SECONDS = 180.0
_DEATH_SECONDS = 30.0
_ANSWER_SECONDS = 60.0
_POLL_SECONDS = 0.1
_SERVERS = (WEBSERVER, "dagster._daemon")
_LOCATIONS = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"


class Host:
    """The processes of `coin-models ui`, as one machine has them."""

    def __init__(self, folder: Path, environment: Mapping[str, str], dagster_home: Path) -> None:
        self._folder = folder
        self._environment = {**environment, "DAGSTER_HOME": str(dagster_home), "DAGSTER_DISABLE_TELEMETRY": "1"}
        self._servers: list[subprocess.Popen[bytes]] = []
        self.port = _free_port()

    @property
    def log_path(self) -> Path:
        """What its processes said."""
        return self._folder / "host.log"

    def boot(self) -> None:
        """Starts webserver and daemon; returns while they come up."""
        arguments = {WEBSERVER: ["-h", "127.0.0.1", "-p", str(self.port)], "dagster._daemon": ["run"]}
        with self.log_path.open("ab") as log:
            for module in _SERVERS:
                command = [sys.executable, "-m", module, *arguments[module], "-m", "coin_models.definitions"]
                self._servers.append(
                    subprocess.Popen(  # noqa: S603 - our own command
                        command, env=self._environment, cwd=self._folder, stdout=log, stderr=log, start_new_session=True
                    )
                )

    def wait_until_up(self) -> None:
        """Returns when the UI has loaded the code location.

        Raises:
            TrainingError: it has not within three minutes, or a server ended.
        """
        deadline = time.monotonic() + _BOOT_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or any(server.poll() is not None for server in self._servers):
                raise TrainingError(f"the drill's host did not start; its last output is in {self.log_path}")
            time.sleep(_POLL_SECONDS)

    def graphql(self, query: str, variables: Mapping[str, Any] | None = None) -> Any:
        """What the UI answers.

        Raises:
            OSError: it does not.
            TrainingError: the question was wrong.
        """
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            data=json.dumps({"query": query, "variables": variables or {}}).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310
            content = json.loads(answer.read())
        if "errors" in content:
            raise TrainingError(f"the UI of the drill's host answered: {content['errors']}")
        return content["data"]

    def die(self) -> None:
        """SIGKILL to every process at once; returns when none is left."""
        groups = [server.pid for server in self._servers]
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for group in groups:
                with suppress(ProcessLookupError):
                    os.killpg(group, number)
        for server in self._servers:
            server.wait()
        self._servers.clear()
        deadline = time.monotonic() + _DEATH_SECONDS
        while any(map(_has_members, groups)):
            if time.monotonic() > deadline:
                raise TrainingError("a process of the drill's host survived SIGKILL")
            time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            return bool(self.graphql(_LOCATIONS)["repositoriesOrError"].get("nodes"))
        except OSError:
            return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_members(group: int) -> bool:
    """Whether a process of the group lives; one that is dead and waits for its parent's attention does not."""
    for process in psutil.process_iter(["status"]):
        with suppress(ProcessLookupError):
            if os.getpgid(process.pid) == group and process.info["status"] not in (
                psutil.STATUS_ZOMBIE,
                psutil.STATUS_DEAD,
            ):
                return True
    return False
