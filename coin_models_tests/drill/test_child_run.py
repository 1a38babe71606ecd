"""A child of the drill, killed by plan: a double of the command stands in the home's folder, where the child finds it."""

import os
import signal
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from coin_models.drill.child_run import DrillHome, Segment, live, segments_in_order
from coin_models.drill.kill_plan import Kill
from coin_models.errors import TrainingError
from coin_models_tests.drill.child_runs import life

DAYS = [date(2024, 8, 1), date(2024, 8, 2)]
SIGKILL = Kill(number=signal.SIGKILL, phase=None, share=0.5)
SIGTERM = Kill(number=signal.SIGTERM, phase=None, share=0.5)
RUNS_ON = "time.sleep(60)"
LEAVES_WITH = (
    "signal.signal(signal.SIGTERM, lambda *_: sys.exit({code})); "
    "signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM]); time.sleep(60)"
)
READS_ITS_ARGUMENTS = "pathlib.Path('arguments').write_text(' '.join(sys.argv[1:6]))"


@pytest.fixture
def sigterm_waits() -> Iterator[None]:
    """Children are born with SIGTERM held back, until they are ready for it: how long they take does not matter."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def home(folder: Path, work: str) -> DrillHome:
    """A home whose children do this instead of retraining."""
    command = folder / "coin_models" / "cli"
    command.mkdir(parents=True)
    for package in (folder / "coin_models", command):
        (package / "__init__.py").write_text("")
    imports = "import pathlib, signal, sys, time"
    (command / "main.py").write_text(f"{imports}\n\n\ndef main():\n    {work}\n")
    return DrillHome(folder=folder, environment=dict(os.environ))


def test_a_child_retrains_the_days_and_ends_by_itself(tmp_path: Path) -> None:
    child = live(home(tmp_path, READS_ITS_ARGUMENTS), DAYS, None, after_seconds=0.0, worker=3)

    assert (child.killed_in, child.kill, child.worker, child.segments) == (None, None, 3, ())
    assert (tmp_path / "arguments").read_text() == "retrain --from 2024-08-01 --to 2024-08-02"


def test_a_kill_without_a_phase_comes_at_its_instant(tmp_path: Path) -> None:
    child = live(home(tmp_path, RUNS_ON), DAYS, SIGKILL, after_seconds=0.3)

    assert (child.killed_in, child.kill) == ("start-up", SIGKILL)
    assert 0.3 <= child.seconds < 20.0


@pytest.mark.usefixtures("sigterm_waits")
@pytest.mark.parametrize("code", [143, 0])
def test_after_sigterm_a_child_leaves_with_143_or_was_done_already(tmp_path: Path, code: int) -> None:
    child = live(home(tmp_path, LEAVES_WITH.format(code=code)), DAYS, SIGTERM, after_seconds=0.0)

    assert (child.killed_in is None) == (code == 0)


@pytest.mark.usefixtures("sigterm_waits")
def test_a_child_that_leaves_otherwise_after_sigterm_fails_the_drill(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="left with exit code 1 after SIGTERM in phase start-up, not 143"):
        live(home(tmp_path, LEAVES_WITH.format(code=1)), DAYS, SIGTERM, after_seconds=0.0)


def test_a_child_that_fails_by_itself_is_an_error_with_its_last_words(tmp_path: Path) -> None:
    work = "print('error: the disk is full', file=sys.stderr); sys.exit(69)"

    with pytest.raises(TrainingError, match="failed by itself with exit code 69; last output: error: the disk is full"):
        live(home(tmp_path, work), DAYS, None, after_seconds=0.0)


def test_once_another_worker_failed_the_child_is_ended(tmp_path: Path) -> None:
    given_up = threading.Event()
    given_up.set()

    with pytest.raises(TrainingError, match="another worker of the drill failed"):
        live(home(tmp_path, RUNS_ON), DAYS, None, after_seconds=0.0, given_up=given_up)


def test_segments_of_several_workers_come_in_the_order_of_time() -> None:
    lives = [life((1, 40, 100), began_at=20.0, worker=1), life((1, 0, 50), (2, 0, 10), began_at=10.0)]

    segments: list[Segment] = segments_in_order(lives)

    assert [(segment.cohort, segment.began_at) for segment in segments] == [(1, 10.0), (2, 10.0), (1, 20.0)]
