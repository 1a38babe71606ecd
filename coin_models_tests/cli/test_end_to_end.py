"""Timing a whole `retrain`: new processes find doubles of the libraries and of the command in front of the real ones."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.cli.end_to_end import time_retrain
from coin_models.errors import CoinModelsError

QUICK = 'import os, sys\n\ndef main():\n    print(\'{"fit_seconds": 0.001, "trained": 2}\')\n'
FAILING = "import sys\n\ndef main():\n    print('one', 'two', sep='\\n', file=sys.stderr)\n    sys.exit(69)\n"


@pytest.fixture
def doubles(tmp_path: Path) -> Iterator[Path]:
    """A folder whose modules new processes of Python find first; `-c` looks in the working folder before all others."""
    for name in ("dagster", "torch", "pytorch_lightning"):
        (tmp_path / f"{name}.py").write_text("")
    (tmp_path / "coin_models" / "cli").mkdir(parents=True)
    for package in ("coin_models", "coin_models/cli"):
        (tmp_path / package / "__init__.py").write_text("")
    with contextlib.chdir(tmp_path):
        yield tmp_path


def write_command(doubles: Path, source: str) -> None:
    (doubles / "coin_models" / "cli" / "main.py").write_text(source)


def test_the_fits_share_of_a_retrain_is_what_the_retrain_says_it_was(doubles: Path) -> None:
    write_command(doubles, QUICK)

    figures = time_retrain(doubles)

    whole = figures["retrain_seconds"]
    assert figures["retrain_fit_seconds"] == 0.001
    assert figures["retrain_not_fitting_share"] == pytest.approx(1 - 0.001 / whole)
    assert figures["retrain_cpu_seconds"] > 0
    assert figures["retrain_cpu_seconds_per_coin"] == figures["retrain_cpu_seconds"] / 2
    assert figures["retrain_ratio"] == pytest.approx(whole / (0.001 + figures["import_seconds"]))


def test_the_home_of_the_timed_run_is_its_own_and_is_removed(doubles: Path) -> None:
    noted = doubles / "home.txt"
    write_command(doubles, QUICK + f"    open({str(noted)!r}, 'w').write(os.environ['COIN_MODELS_HOME'])\n")
    os.environ["COIN_MODELS_HOME"] = "the user's own home"

    time_retrain(doubles)

    home = Path(noted.read_text())
    assert home.parent == doubles
    assert not home.exists()


def test_a_run_that_fails_is_an_error_with_its_exit_code_and_last_words(doubles: Path) -> None:
    write_command(doubles, FAILING)

    with pytest.raises(CoinModelsError, match="the timed run ended with exit code 69: two"):
        time_retrain(doubles)
