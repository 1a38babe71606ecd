"""Real processes on a small home: `coin-models` itself, and the servers of the UI, each stopped by its own id."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coin_models.drill.phases import PhaseMarker
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings

COMMAND = [sys.executable, "-c", "from coin_models.cli.main import main; main()"]
DAY = "2024-08-15"
SMALL = {
    "COIN_MODELS_SOURCE": "demo",
    "COIN_MODELS_UNIVERSE": "BTC,ETH",
    "COIN_MODELS_TRAINING_LOOKBACK_DAYS": "32",
    "COIN_MODELS_TRAINING_WIDTH": "16",
    "COIN_MODELS_TRAINING_EPOCHS": "2",
    "COIN_MODELS_TRAINING_FULL_RETRAIN_EVERY_DAYS": "1",  # coin-days are counted: no parents beside them
    "COIN_MODELS_TRAINING_NUM_THREADS": "1",
    "COIN_MODELS_INTERRUPTION_CHECKPOINT_MIN_SECONDS": "0.2",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, kw_only=True)
class Home:
    folder: Path
    variables: Mapping[str, str] = field(repr=False)  # a stack's credentials among them

    @property
    def environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}
        return {**plain, **self.variables, "COIN_MODELS_HOME": str(self.folder / "home")}

    @property
    def settings(self) -> Settings:
        coins = tuple(self.variables["COIN_MODELS_UNIVERSE"].split(","))
        return Settings(home=self.folder / "home", universe=coins)

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([*COMMAND, *arguments], cwd=self.folder, env=self.environment, **options)

    def run(self, *arguments: str) -> Any:
        """What a command prints as JSON."""
        done = subprocess.run(
            [*COMMAND, *arguments, "--json"], cwd=self.folder, env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    @contextmanager
    def services(self) -> Iterator[Services]:
        opened = Services(settings=self.settings)
        yield opened
        opened.database.close()

    def session_ends(self) -> list[str | None]:
        from sqlalchemy import select

        from coin_models.db.schema import sessions

        with self.services() as services, services.database.read() as connection:
            query = select(sessions.c.end_reason).order_by(sessions.c.started_at)
            return list(connection.execute(query).scalars())


def small_home(folder: Path, **variables: str) -> Home:
    folder.mkdir(parents=True, exist_ok=True)
    return Home(folder=folder, variables={**SMALL, **variables})


def wait_for(what: str, happened: Callable[[], bool], seconds: float = 240.0, every: float = 0.05) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds:.0f} s"
        time.sleep(every)


def killed_in(home: Home, phase: str, number: signal.Signals) -> tuple[int, str]:
    """Starts a retraining, sends it a signal on the threshold of a phase; its exit code and what it said."""
    path = home.folder / "phase"
    path.unlink(missing_ok=True)
    board = PhaseMarker(path)
    board.pause_at(phase)
    child = home.start(
        "retrain", "--day", DAY, "--phase-file", str(path), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_for(f"phase {phase}", lambda: board.see().is_held or child.poll() is not None)
        child.send_signal(number)
        board.pause_at(None)
        output = child.communicate(timeout=120)[1].decode()
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
        board.close()
    return child.returncode, output


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def graphql(port: int, query: str, variables: dict[str, Any] | None = None) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql",
        data=json.dumps({"query": query, "variables": variables or {}}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        content = json.loads(answer.read())
    assert "errors" not in content, content["errors"]
    return content["data"]
