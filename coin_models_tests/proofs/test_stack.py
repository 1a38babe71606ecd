"""The drill on its own stack: the same scorecard, and no process of the stack remains."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from coin_models.dev_stack.stack import LocalStack
from coin_models.drill.backends import temporary_stack
from coin_models.drill.drill import DrillPlan, run_drill
from coin_models.drill.kill_plan import Mode
from coin_models_tests.proofs.processes import DAY, small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


def num_running(stack: LocalStack) -> int:
    return sum(server.pid is not None for server in stack.status())


def at_work(process: psutil.Process) -> bool:
    """A zombie is not: who adopted it may never look at it."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_kills_on_postgresql_and_s3_lose_nothing_and_publish_nothing_twice(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "stack", durable=False)
    lines: list[str] = []
    plan = DrillPlan(num_kills=4, mode=Mode.MIXED, num_coins=2)
    with temporary_stack(stack) as places:
        scorecard = run_drill(plan, tmp_path, lines.append, places)

    assert scorecard.problems == ()
    assert scorecard.passed
    assert scorecard.kills == 4
    assert num_running(stack) == 0
    assert not list(tmp_path.glob("*/coin_models.db"))  # nothing fell back to the embedded default


def test_control_c_ends_the_drill_its_child_and_its_servers(tmp_path: Path) -> None:
    home, stack = small_home(tmp_path), LocalStack(tmp_path / "drill" / "stack")
    drill = home.start("drill", "--stack", "--keep", str(tmp_path / "drill"), stderr=subprocess.PIPE)
    try:
        wait_for("the drill's child", lambda: (tmp_path / "drill" / "in-peace" / "phase-0").exists())
        begun = psutil.Process(drill.pid).children()
        running = num_running(stack)
        drill.send_signal(signal.SIGINT)
        output = drill.communicate(timeout=120)[1].decode()
    finally:
        if drill.poll() is None:
            drill.kill()
            drill.wait()
        stack.down()

    assert (running, len(begun) >= 1) == (2, True)
    assert drill.returncode == 130, output
    assert num_running(stack) == 0
    assert [process for process in begun if at_work(process)] == []


def test_control_c_ends_stack_run_with_all_its_servers_and_the_next_one_goes_on(tmp_path: Path) -> None:
    home, stack = small_home(tmp_path, COIN_MODELS_TRAINING_EPOCHS="60"), LocalStack(tmp_path / "stack")
    arguments = ("stack", "run", "--folder", str(tmp_path / "stack"), "--no-ui", "--day", DAY)
    first = home.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        wait_for("a checkpoint", lambda: any((tmp_path / "home" / "local_checkpoints").rglob("manifest.json")))
        first.send_signal(signal.SIGINT)
        output = first.communicate(timeout=120)[1].decode()
        left = num_running(stack)
        second = home.start(*arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        then_output = second.communicate(timeout=240)[1].decode()
        left_then = num_running(stack)
        stack.up()
        on_stack = replace(home, variables={**home.variables, **stack.access().environment()})
        summary = on_stack.run("retrain", "--day", DAY)
    finally:
        if first.poll() is None:
            first.kill()
            first.wait()
        stack.down()

    assert (first.returncode, left) == (130, 0), output
    assert (second.returncode, left_then) == (0, 0), then_output
    assert {coin["state"] for coin in summary["coins"].values()} == {"done"}
    assert summary["trained"] == 0
