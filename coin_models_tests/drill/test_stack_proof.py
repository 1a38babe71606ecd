"""The drill on a stack of its own: the same scorecard, and nothing of the stack is left running."""

import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from coin_models.drill.drill import DrillPlan, run_drill
from coin_models.drill.places import temporary_stack
from coin_models.drill.plan import Mode
from coin_models.storage.stack import LocalStack
from coin_models_tests.drill.processes import small_home, wait_for

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]


def num_running(stack: LocalStack) -> int:
    return sum(server.pid is not None for server in stack.status())


def test_kills_on_postgresql_and_s3_lose_nothing_and_publish_nothing_twice(tmp_path: Path) -> None:
    stack = LocalStack(tmp_path / "stack", durable=False)
    said: list[str] = []
    plan = DrillPlan(num_kills=4, mode=Mode.MIXED, num_coins=2)
    with temporary_stack(stack) as places:
        found = run_drill(plan, tmp_path, said.append, places)

    assert found.problems == ()
    assert found.passed
    assert found.kills == 4
    assert num_running(stack) == 0
    assert not list(tmp_path.glob("*/coin_models.db"))  # nothing fell back to the embedded default


def test_control_c_ends_the_drill_its_child_and_its_servers(tmp_path: Path) -> None:
    home, stack = small_home(tmp_path), LocalStack(tmp_path / "drill" / "stack")
    drill = home.start("drill", "--stack", "--keep", str(tmp_path / "drill"), stderr=subprocess.PIPE)
    try:
        wait_for("the drill's child", lambda: (tmp_path / "drill" / "in-peace" / "phase").exists())
        begun = psutil.Process(drill.pid).children()
        running = num_running(stack)
        drill.send_signal(signal.SIGINT)
        said = drill.communicate(timeout=120)[1].decode()
    finally:
        if drill.poll() is None:
            drill.kill()
            drill.wait()
        stack.down()

    assert (running, len(begun) >= 1) == (2, True)
    assert drill.returncode == 130, said
    assert num_running(stack) == 0
    assert [process for process in begun if process.is_running()] == []
