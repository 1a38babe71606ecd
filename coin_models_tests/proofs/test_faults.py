"""PostgreSQL and S3 fail in the middle of a retraining and return: nothing is lost, and the log says what happened."""

import itertools
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from coin_models.dev_stack.stack import LocalStack
from coin_models.drill.backends import settings_to_read
from coin_models.drill.comparison import Comparison, compare
from coin_models.drill.phases import PhaseMarker
from coin_models.exit_codes import ExitCode
from coin_models_tests.db.failover import Failover
from coin_models_tests.proofs.processes import DAY, Home, small_home, wait_for
from coin_models_tests.storage.s3.proxy import S3Proxy, error

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

COINS = ("BTC", "ETH")
AWAY_SECONDS = 10.0
RETRAIN = ("retrain", "--day", DAY)
LONG = {"COIN_MODELS_TRAINING_EPOCHS": "40"}  # the fit lasts for checkpoints that are uploaded meanwhile
Action = Callable[[], object]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home, on SQLite and a folder, whose retraining met no fault."""
    home = small_home(tmp_path_factory.mktemp("whole"), **LONG)
    home.run("retrain", "--day", DAY)
    return home


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    own = LocalStack(tmp_path_factory.mktemp("faults") / "stack", durable=False)
    try:
        own.up()
        yield own
    finally:
        own.down()


@pytest.fixture
def home(stack: LocalStack, tmp_path: Path) -> Home:
    """A home on the stack, with a database and a prefix of its own."""
    stack.up()  # the test before may have left a server stopped
    return small_home(tmp_path, **LONG, **stack.separate(re.sub(r"\W+", "_", tmp_path.name)))


def broken_in(home: Home, phase: str, break_it: Action, mend_it: Action) -> tuple[int, str]:
    """Retrains; at the start of the phase something fails for 10 s and is restored. Returns exit code and stderr."""
    path = home.folder / "phase"
    board = PhaseMarker(path)
    board.pause_at(phase)
    with (home.folder / "stderr").open("wb") as log:
        command = ("retrain", "--day", DAY, "--phase-file", str(path))
        child = home.start(*command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            wait_for(f"phase {phase}", lambda: board.see().is_held or child.poll() is not None)
            assert child.poll() is None, f"it ended without a phase {phase}"
            break_it()
            board.pause_at(None)
            time.sleep(AWAY_SECONDS)
            mend_it()
            child.wait(timeout=240)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            board.close()
    return child.returncode, (home.folder / "stderr").read_text()


def against(whole: Home, home: Home) -> Comparison:
    read = [settings_to_read(each.folder / "home", each.variables) for each in (whole, home)]
    return compare(read[0], read[1], COINS, [date.fromisoformat(DAY)], full_retrain_every_days=1)


def same_models(num_models: int = len(COINS)) -> Comparison:
    return Comparison(
        num_models=num_models, lost=(), published_twice=(), trained_twice=(), different=(), other_parents=()
    )


@pytest.mark.parametrize("phase", ["candles", "first epoch", "row"])
def test_postgresql_stopped_for_ten_seconds_is_waited_for_and_nothing_is_lost(
    phase: str, whole: Home, home: Home, stack: LocalStack
) -> None:
    code, output = broken_in(home, phase, stack.postgres.process.stop, stack.up)

    assert code == 0, output
    assert re.search(r"cannot reach the database, retrying for 120 s: .*(refused|closed|terminat)", output), output
    assert re.search(r"the database answers again after \d+\.\d s", output), output
    assert home.run("models", "verify")["problems"] == []
    assert against(whole, home) == same_models()


@pytest.mark.parametrize(
    ("after_seconds", "command", "began_later"),
    [(0.0, (*RETRAIN, "--coins", "BTC"), (*RETRAIN, "--coins", "ETH")), (6.0, RETRAIN, ("plan",))],
    ids=["two first runs", "while it trains"],
)
def test_connections_ended_ten_times_a_second_cost_nothing_but_time(
    after_seconds: float, command: tuple[str, ...], began_later: tuple[str, ...], whole: Home, home: Home
) -> None:
    failover = Failover(home.variables["COIN_MODELS_DATABASE_URL"])
    with (home.folder / "stderr").open("wb") as log:
        child = home.start(*command, stdout=subprocess.DEVNULL, stderr=log)
        try:
            time.sleep(after_seconds)
            with failover.connections_ended_every(seconds=0.1):
                other = home.start(*began_later, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
                time.sleep(AWAY_SECONDS)
            errors = other.communicate(timeout=240)[1].decode()
            child.wait(timeout=240)
        finally:
            for process in (child, other):
                process.kill()
                process.wait()
    output = (home.folder / "stderr").read_text() + errors

    # Within one of Dagster's few transactions of several statements a run ends, with an exit code that asks a supervisor
    # for the same command again.
    assert {child.returncode, other.returncode} <= {ExitCode.DONE, ExitCode.COULD_NOT_WORK, ExitCode.SOME_FAILED}, (
        output
    )
    assert "Traceback" not in output
    home.run(*RETRAIN)
    assert home.run("models", "verify")["problems"] == []
    assert against(whole, home) == same_models()


@pytest.mark.parametrize("phase", ["uploading", "weights"])
def test_the_s3_server_killed_and_started_again_is_waited_for_and_nothing_is_lost(
    phase: str, whole: Home, home: Home, stack: LocalStack
) -> None:
    code, output = broken_in(home, phase, stack.s3.process.kill, stack.up)

    assert code == 0, output
    assert re.search(r"cannot reach the store, retrying for \d+ s: could not put ", output), output
    assert re.search(r"the store answers again after \d+\.\d s", output), output
    assert home.run("models", "verify")["problems"] == []
    assert against(whole, home) == same_models()


def test_an_s3_server_that_refuses_one_request_in_five_costs_nothing_but_time(
    whole: Home, home: Home, stack: LocalStack
) -> None:
    numbers = itertools.count(1)
    with S3Proxy(stack.access().s3_endpoint_url).running() as proxy:
        proxy.behaviour = lambda _request, forward: error(503, "SlowDown") if next(numbers) % 5 == 0 else forward()
        through = replace(home, variables={**home.variables, "COIN_MODELS_STORE_ENDPOINT_URL": proxy.url})
        child = through.start("retrain", "--day", DAY, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        output = child.communicate(timeout=240)[1].decode()

    assert child.returncode == 0, output
    assert next(numbers) > 50  # ten refusals at least
    assert "cannot reach the store, retrying for" in output
    assert "503 SlowDown 'said the proxy'" in output
    assert against(whole, home) == same_models()
