"""Twelve planted causes of a night without a model: `retrain`, `status`, the UI and the message each name the cause.

In the UI it is the failure of a run of the day; where there is no database, `coin-models ui` does not start, and says it.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

import coin_models as package
from coin_models.defs.failures import cause_of_run
from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.process import free_ports
from coin_models.settings.root import Settings
from coin_models_tests.cli.retraining_homes import LAST, SMALL, FilesHome
from coin_models_tests.cli.running import Ran, coin_models, make_home
from coin_models_tests.market.exchange_server import serving
from coin_models_tests.reporting.notifications.conftest import Collector

_AWAY = "127.0.0.1:9"  # the port of `discard`: no server listens
_AT_ONCE = {"operations_database_wait_seconds": "0", "operations_store_wait_seconds": "0"}
_KEYS = {"store_url": "s3://bucket/x", "store_access_key_id": "id", "store_secret_access_key": "key"}
_WRONG_KEYS = (
    "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>wrong</Message></Error>"  # as AWS answers
)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What is wrong, and the words that name it."""

    words: str
    variables: dict[str, str] = field(default_factory=dict)
    code: int = 1
    is_told: bool = True  # False: the settings cannot be read, and with them the channels
    has_ui: bool = True  # False: there is no database for it
    num_runs: int = 1  # in the UI, of two commands; 2: each gets as far as a run


CAUSES = {
    "no CUDA": Cause(words="torch finds no CUDA device", variables={"training_accelerator": "cuda"}, code=2),
    "little disk": Cause(words="MiB are free in", variables={"operations_min_free_disk_mib": "999999999"}),
    "home below a file": Cause(
        words="could not create the home folder",
        variables={"home": "FOLDER/file/home"},
        has_ui=False,
    ),
    "not a database": Cause(words="file is not a database", variables={"home": "FOLDER/other"}, has_ui=False),
    "no S3 server": Cause(words="Connection refused", variables=_KEYS | {"store_endpoint_url": f"http://{_AWAY}"}),
    "wrong S3 keys": Cause(words="secret key", variables=_KEYS | {"store_endpoint_url": "SERVER"}),
    "no PostgreSQL": Cause(
        words="check host and port in database_url",
        variables={"database_url": f"postgresql://u:p@{_AWAY}/name"},
        has_ui=False,
    ),
    "no folder of candles": Cause(words="cannot be read: No such file", variables={"market_files_path": "FOLDER/gone"}),
    "no such coins": Cause(words="holds a candle that can be read", variables={"universe": "NOPE"}),
    "no exchange": Cause(
        words="tried to list the markets of binance",
        variables={
            "source": "exchange",
            "market_exchange": "binance",
            "market_exchange_base_url": f"http://{_AWAY}",
            "market_exchange_attempts": "1",
        },
        num_runs=2,
    ),
    "a fleet without a database": Cause(
        words="fleet.broker_url is set, but database_url is not",
        variables={"fleet_broker_url": f"redis://{_AWAY}/0"},
        code=2,
        is_told=False,
        has_ui=False,
    ),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return FilesHome(tmp_path_factory.mktemp("market"), ["BTC"]).files


@pytest.fixture
def collector() -> Iterator[Collector]:
    running = Collector()
    yield running
    running.close()


def _variables(cause: Cause, folder: Path, files: Path, collector: Collector, server: str) -> dict[str, str]:
    channel = {"notify_urls": f"json://127.0.0.1:{collector.port}/", "universe": "BTC"}
    variables = {**SMALL, **_AT_ONCE, **channel, "market_files_path": str(files), **cause.variables}
    return {name: value.replace("FOLDER", str(folder)).replace("SERVER", server) for name, value in variables.items()}


def _first_error(ran: Ran) -> str:
    return next(
        line
        for line in ran.stderr.splitlines() + ran.stdout.splitlines()
        if "error: " in line or "unavailable:" in line
    )


def _failed_runs(home: Path) -> list[str]:
    """The failure that the UI shows of each run."""
    with open_instance(Settings(home=home)) as instance:
        return [cause_of_run(instance, run.run_id) for run in instance.get_runs()]


def _ui(folder: Path, variables: dict[str, str]) -> str:
    """What `coin-models ui` says instead of starting."""
    ran = coin_models(folder, "ui", "--port", str(free_ports(1)[0]), **variables)
    assert ran.code != 0
    return _first_error(ran)


@pytest.mark.parametrize("name", CAUSES)
def test_a_planted_cause_is_named_by_the_command_by_status_in_the_ui_and_in_the_message(
    name: str, tmp_path: Path, files: Path, collector: Collector
) -> None:
    cause = CAUSES[name]
    if name == "no CUDA" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "coin_models.db").write_bytes(b"no database" * 100)
    with serving() as server:
        server.default = (403, _WRONG_KEYS)
        variables = _variables(cause, tmp_path, files, collector, server.url)
        if name == "little disk":
            make_home(tmp_path, **{**variables, "operations_min_free_disk_mib": "1"})

        ran = coin_models(tmp_path, "retrain", "--day", str(LAST), **variables)
        again = coin_models(tmp_path, "retrain", "--day", str(LAST), **variables)
        status = coin_models(tmp_path, "status", "--day", str(LAST), **variables)
        shown = _failed_runs(tmp_path / ".coin_models") if cause.has_ui else [_ui(tmp_path, variables)]

    assert (ran.code, again.code) == (cause.code, cause.code), ran.text
    assert cause.words in _first_error(ran)
    assert "Traceback" not in ran.text + status.text
    assert cause.words in status.text
    assert [cause.words in text for text in shown] == [True] * cause.num_runs
    assert [cause.words in str(body["message"]) for body in collector.bodies] == ([True] if cause.is_told else [])


def test_a_machine_without_torch_says_so_in_the_command_in_status_and_in_the_message(
    tmp_path: Path, files: Path, collector: Collector
) -> None:
    words = "torch is not installed; install coin_models with the extra `train`"
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')", encoding="utf-8")
    variables = _variables(Cause(words=words), tmp_path, files, collector, "")
    path = os.pathsep.join([str(tmp_path), str(Path(package.__file__).parents[1])])
    named = {f"COIN_MODELS_{name.upper()}": value for name, value in variables.items()}
    command = [sys.executable, "-c", "from coin_models.cli.main import main; main()", "retrain", "--day", str(LAST)]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, **named, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    status = coin_models(tmp_path, "status", "--day", str(LAST), **variables)

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"error: this machine cannot train: {words}"
    assert words in status.text
    assert [words in text for text in _failed_runs(tmp_path / ".coin_models")] == [True]
    assert [words in str(body["message"]) for body in collector.bodies] == [True]
