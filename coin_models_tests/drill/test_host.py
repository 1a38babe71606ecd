"""The host that the drill kills: which processes it starts, and that none survives. Small processes stand in for
Dagster's.
"""

import os
import signal
import subprocess
import sys

from coin_models.drill.host import _has_members

FORKS = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"


def test_a_group_has_members_as_long_as_one_of_its_processes_lives() -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout is not None
    leader.stdout.readline()
    leader.kill()
    leader.wait()
    after_the_leader = _has_members(leader.pid)
    os.killpg(leader.pid, signal.SIGKILL)
    while _has_members(leader.pid):
        pass
    leader.communicate()

    assert after_the_leader
