"""A process id says something only on its own machine, and only about the process that started at that very tick."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from coin_models.operations.process import Process, is_gone, this_host, this_process

THIS = this_process()


def process_of(process_id: int) -> Process:
    stat = (Path("/proc") / str(process_id) / "stat").read_text(encoding="utf-8")
    return Process(host=this_host(), process_id=process_id, start_ticks=int(stat.rpartition(")")[2].split()[19]))


def test_this_process_is_not_gone() -> None:
    assert process_of(os.getpid()) == THIS
    assert not is_gone(THIS)


def test_a_process_that_ended_is_gone_whether_or_not_its_parent_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = process_of(child.pid)
    lived = not is_gone(process)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie

    as_zombie = is_gone(process)
    child.communicate()

    assert lived
    assert as_zombie
    assert is_gone(process)


@pytest.mark.parametrize("ticks", [-1, 1])
def test_a_number_given_to_another_process_since_does_not_count_as_alive(ticks: int) -> None:
    assert THIS.start_ticks is not None
    assert is_gone(replace(THIS, start_ticks=THIS.start_ticks + ticks))


def test_without_its_start_a_process_is_gone_only_when_no_process_has_its_number() -> None:
    assert not is_gone(replace(THIS, start_ticks=None))
    assert is_gone(replace(THIS, start_ticks=None, process_id=2**22 + 1))


@pytest.mark.parametrize("process_id", [os.getpid(), 2**22 + 1], ids=["alive here", "gone here"])
def test_nothing_is_said_about_the_processes_of_another_machine(process_id: int) -> None:
    assert not is_gone(replace(THIS, host="another host", process_id=process_id, start_ticks=1))


def test_the_age_of_a_process_runs_from_its_start_not_from_its_first_line() -> None:
    code = "import time; time.sleep(0.5); from coin_models.operations.process import process_age_seconds as age; print(age())"
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lived = time.monotonic() - began

    assert 0.5 <= float(done.stdout) <= lived + 0.02  # the kernel counts in hundredths
