"""A process id says something only on its own machine, and only about the process that had it then."""

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from coin_models.operations.process import is_gone, this_host


def test_this_process_is_not_gone() -> None:
    assert not is_gone(this_host(), os.getpid(), datetime.now(UTC))


def test_a_process_that_ended_is_gone_whether_or_not_its_parent_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lived = not is_gone(this_host(), child.pid, datetime.now(UTC))
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie

    as_zombie = is_gone(this_host(), child.pid, datetime.now(UTC))
    child.communicate()

    assert lived
    assert as_zombie
    assert is_gone(this_host(), child.pid, datetime.now(UTC))


def test_a_number_given_to_another_process_since_does_not_count_as_alive() -> None:
    long_ago = datetime.now(UTC) - timedelta(days=3650)

    assert is_gone(this_host(), os.getpid(), long_ago)


@pytest.mark.parametrize("process_id", [os.getpid(), 2**22 + 1], ids=["alive here", "gone here"])
def test_nothing_is_said_about_the_processes_of_another_machine(process_id: int) -> None:
    assert not is_gone("another host", process_id, datetime.now(UTC))


def test_the_age_of_a_process_runs_from_its_start_not_from_its_first_line() -> None:
    code = "import time; time.sleep(0.5); from coin_models.operations.process import process_age_seconds as age; print(age())"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lived = time.monotonic() - began

    assert 0.5 <= float(done.stdout) <= lived + 0.02  # the kernel counts in hundredths
