"""Planted causes of a night without a model: `retrain`, `status`, the UI and the message each name the cause.

In the UI it is the failure of a run of the day; where there is no database, `coin-models ui` does not start, and says it.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from sqlalchemy import make_url, text

import coin_models as package
from coin_models.defs.failures import cause_of_run
from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.process import free_ports
from coin_models.dev_stack.stack import StackAccess
from coin_models.settings.root import Settings
from coin_models_tests.backends import engine, fresh_database
from coin_models_tests.cli.retraining_homes import LAST, SMALL, FilesHome
from coin_models_tests.cli.running import Ran, coin_models, make_home
from coin_models_tests.market.exchange_server import serving
from coin_models_tests.pipeline.planting import make_newer, read_only, silent_server, store_with_another_clock
from coin_models_tests.reporting.notifications.conftest import Collector

_AWAY = "127.0.0.1:9"  # the port of `discard`: no server listens
_AT_ONCE = {"operations_database_wait_seconds": "0", "operations_store_wait_seconds": "0"}
_KEYS = {"store_url": "s3://bucket/x", "store_access_key_id": "id", "store_secret_access_key": "key"}
_WRONG_KEYS = (
    "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>wrong</Message></Error>"  # as AWS answers
)
_HOME = ".coin_models"
Variables = dict[str, str]


@contextlib.contextmanager
def _nothing(_folder: Path, _variables: Variables) -> Iterator[Variables]:
    yield {}


@contextlib.contextmanager
def _home_below_a_file(folder: Path, _variables: Variables) -> Iterator[Variables]:
    (folder / "file").write_text("no folder", encoding="utf-8")
    yield {"home": str(folder / "file" / "home")}


@contextlib.contextmanager
def _home_that_is_read_only(folder: Path, variables: Variables) -> Iterator[Variables]:
    make_home(folder, **variables)
    with read_only(folder):
        yield {}


@contextlib.contextmanager
def _folder_that_is_read_only(folder: Path, _variables: Variables) -> Iterator[Variables]:
    with read_only(folder):
        yield {}


@contextlib.contextmanager
def _newer_schema(folder: Path, variables: Variables) -> Iterator[Variables]:
    make_home(folder, **variables)
    make_newer(folder / _HOME / "coin_models.db")
    yield {}


@contextlib.contextmanager
def _not_a_database(folder: Path, _variables: Variables) -> Iterator[Variables]:
    (folder / "other").mkdir()
    (folder / "other" / "coin_models.db").write_bytes(b"no database" * 100)
    yield {"home": str(folder / "other")}


@contextlib.contextmanager
def _little_disk(folder: Path, variables: Variables) -> Iterator[Variables]:
    make_home(folder, **variables)
    yield {"operations_min_free_disk_mib": "999999999"}


@contextlib.contextmanager
def _wrong_keys(_folder: Path, _variables: Variables) -> Iterator[Variables]:
    with serving() as server:
        server.default = (403, _WRONG_KEYS)
        yield {**_KEYS, "store_endpoint_url": server.url}


@contextlib.contextmanager
def _wrong_clock(_folder: Path, _variables: Variables) -> Iterator[Variables]:
    with store_with_another_clock() as url:
        yield {**_KEYS, "store_endpoint_url": url}


@contextlib.contextmanager
def _no_torch(folder: Path, _variables: Variables) -> Iterator[Variables]:
    (folder / "torch.py").write_text("raise ModuleNotFoundError('no torch', name='torch')", encoding="utf-8")
    yield {}


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What is wrong, and the words that name it."""

    words: str
    plant: Callable[[Path, Variables], AbstractContextManager[Variables]] = _nothing
    variables: Variables = field(default_factory=dict)
    code: int = 1
    num_tries: int = 2
    has_ui: bool = True  # False: there is no database for it
    num_runs: int = 1  # in the UI, of two commands; 2: each gets as far as a run


CAUSES = {
    "no torch": Cause(
        words="torch is not installed; install coin_models with the extra `train`", plant=_no_torch, code=2, num_tries=1
    ),
    "no CUDA": Cause(words="torch finds no CUDA device", variables={"training_accelerator": "cuda"}, code=2),
    "little disk": Cause(words="MiB are free in", plant=_little_disk),
    "home below a file": Cause(words="could not create the home folder", plant=_home_below_a_file, has_ui=False),
    "a folder that cannot be written": Cause(
        words="could not create the home folder", plant=_folder_that_is_read_only, has_ui=False
    ),
    "a home that cannot be written": Cause(
        words="check the permissions of the home folder", plant=_home_that_is_read_only, has_ui=False
    ),
    "not a database": Cause(words="file is not a database", plant=_not_a_database, has_ui=False),
    "a newer schema": Cause(words="a newer coin_models upgraded it; upgrade this one too", plant=_newer_schema),
    "no S3 server": Cause(words="Connection refused", variables=_KEYS | {"store_endpoint_url": f"http://{_AWAY}"}),
    "an unknown host": Cause(
        words="check the host in store_endpoint_url, or this machine's DNS",
        variables=_KEYS | {"store_endpoint_url": "http://store.invalid:9"},
    ),
    "wrong S3 keys": Cause(words="secret key", plant=_wrong_keys),
    "a wrong clock": Cause(words="this machine's clock is 120 minutes behind the store's", plant=_wrong_clock),
    "no PostgreSQL": Cause(
        words="check host and port in database_url",
        variables={"database_url": f"postgresql://u:p@{_AWAY}/name"},
        has_ui=False,
    ),
    "no folder of candles": Cause(words="cannot be read: No such file", variables={"market_files_path": "/gone"}),
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


def _variables(files: Path, collector: Collector) -> Variables:
    channel = {"notify_urls": f"json://127.0.0.1:{collector.port}/", "universe": "BTC"}
    return {**SMALL, **_AT_ONCE, **channel, "market_files_path": str(files)}


def _retrain(folder: Path, variables: Variables) -> Ran:
    """In this process; where the folder hides a package, in one that looks there first."""
    arguments = ("retrain", "--day", str(LAST))
    if not (folder / "torch.py").exists():
        return coin_models(folder, *arguments, **variables)
    path = os.pathsep.join([str(folder), str(Path(package.__file__).parents[1])])
    named = {f"COIN_MODELS_{name.upper()}": value for name, value in variables.items()}
    done = subprocess.run(
        [sys.executable, "-c", "from coin_models.cli.main import main; main()", *arguments],
        cwd=folder,
        env={**os.environ, **named, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


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


def _failed(folder: Path, variables: Variables, collector: Collector, cause: Cause) -> None:
    """The commands fail by the cause, and each surface names it; of two failures there is one message."""
    tries = [_retrain(folder, variables) for _ in range(cause.num_tries)]
    ran = tries[0]
    status = coin_models(folder, "status", "--day", str(LAST), **variables)
    shown = _failed_runs(folder / _HOME) if cause.has_ui else [_ui(folder, variables)]

    assert [one.code for one in tries] == [cause.code] * cause.num_tries, ran.text
    assert cause.words in _first_error(ran)
    assert "Traceback" not in ran.text + status.text
    assert cause.words in status.text
    assert [cause.words in text for text in shown] == [True] * cause.num_runs
    assert [cause.words in str(body["message"]) for body in collector.bodies] == [True]


@pytest.mark.parametrize("name", CAUSES)
def test_a_planted_cause_is_named_by_the_command_by_status_in_the_ui_and_in_the_message(
    name: str, tmp_path: Path, files: Path, collector: Collector
) -> None:
    cause, plain = CAUSES[name], _variables(files, collector)
    if name == "no CUDA" and torch.cuda.is_available():
        pytest.skip("there is a CUDA device here")
    with cause.plant(tmp_path, plain) as planted:
        _failed(tmp_path, {**plain, **cause.variables, **planted}, collector, cause)


@pytest.mark.proof
def test_a_wrong_password_of_the_database_is_named_by_each(
    tmp_path: Path, files: Path, collector: Collector, stack_access: StackAccess
) -> None:
    cause = Cause(words="check user and password in database_url", has_ui=False)
    with fresh_database(stack_access) as url:
        wrong = make_url(url).set(password="not-the-password").render_as_string(hide_password=False)
        _failed(tmp_path, {**_variables(files, collector), "database_url": wrong}, collector, cause)


@pytest.mark.proof
@pytest.mark.parametrize("is_newer", [False, True], ids=["a silent broker", "a newer schema"])
def test_a_worker_that_does_no_work_says_why_on_the_terminal_and_in_a_message(
    is_newer: bool, tmp_path: Path, files: Path, collector: Collector, stack_access: StackAccess
) -> None:
    """`status` and the UI are of the fleet: other workers may train, so that no coin-day waits for this machine.

    A launch that meets the same broker is a failed run, and from the resume sensor's next tick on an attempt
    (defs/fleet/test_launcher.py, defs/sensors/test_unstarted.py).
    """
    words = "is at schema revision 9999, this worker's code" if is_newer else "does not answer"
    with fresh_database(stack_access) as url, silent_server() as address:
        variables = {**_variables(files, collector), "database_url": url, "fleet_broker_url": f"redis://{address}/0"}
        make_home(tmp_path, **variables)
        if is_newer:
            with engine(url).connect() as connection:
                connection.execute(text("UPDATE coin_models_revision SET version_num = '9999'"))
        ran = [coin_models(tmp_path, "worker", **variables) for _ in range(2)]
        status = coin_models(tmp_path, "status", "--day", str(LAST), **variables)

    assert [one.code for one in ran] == [2 if is_newer else 1] * 2, ran[0].text
    assert words in _first_error(ran[0])
    assert [words in str(body["message"]) for body in collector.bodies] == [True]
    assert "Traceback" not in ran[0].text + status.text
    assert ("a newer coin_models upgraded it" if is_newer else "no runs on these days") in status.text
