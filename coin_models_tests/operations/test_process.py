"""A process id says something only on its own machine, and only about the process that had it then."""

import os
import subprocess
import sys
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
