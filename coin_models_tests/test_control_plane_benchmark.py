"""The benchmark of the control plane: what it counts of the instants of runs, and whose CPU seconds it adds."""

import subprocess
import sys

import pytest

from benchmarks.control_plane import cpu_seconds, figures_of, longest_pause


def test_gaps_are_counted_between_runs_and_launches_from_the_request() -> None:
    figures = figures_of(["A"] * 320, 5, 1000.0, [1030.0, 1010.0, 1020.0], [1012.0, 1025.0], 31.0, {"daemon": 6.44})

    assert (figures.shards, figures.runs, figures.launched) == (5, 3, 2)
    assert (figures.first_run_seconds, figures.between_runs_seconds, figures.last_launch_seconds) == (10.0, 10.0, 25.0)
    assert "320 coins: 3 of 5 runs made" in str(figures)
    assert "CPU s: daemon 6.4" in str(figures)


def test_a_night_without_a_run_in_time_has_no_gaps() -> None:
    figures = figures_of(["A"], 1, 1000.0, [], [], 0.0, {})

    assert (figures.runs, figures.first_run_seconds, figures.between_runs_seconds) == (0, 0.0, 0.0)


def test_the_longest_pause_is_between_neighbours_in_time() -> None:
    assert longest_pause([10.0, 30.0, 12.0]) == 18.0
    assert longest_pause([10.0]) == 0.0


def test_a_servers_children_count_with_it_and_other_processes_do_not() -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    before = cpu_seconds()  # the test run's own PostgreSQL may be among them
    program = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {burn!r}])"
    with (
        subprocess.Popen([sys.executable, "-c", program, "dagster._daemon"], stdin=-1, stdout=-1) as server,
        subprocess.Popen([sys.executable, "-c", burn, "another"], stdin=-1, stdout=-1) as other,
    ):
        for process in (server, other):
            assert process.stdout is not None
            process.stdout.readline()
        used = cpu_seconds()
        for process in (server, other):
            process.communicate(b"\n")

    assert set(used) - set(before) == {"daemon", "code servers"}
    assert used["code servers"] - before.get("code servers", 0.0) == pytest.approx(0.3, abs=0.25)
