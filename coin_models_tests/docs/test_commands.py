"""The commands that the documentation shows exist, with those options, and the quick ones are really run."""

import os
import shutil
import subprocess
import sys
from ast import literal_eval
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from coin_models.cli.main import app
from coin_models_tests.cli.running import coin_models
from coin_models_tests.docs.pages import Command, blocks, commands, pages
from coin_models_tests.docs.reference import REPOSITORY, cli_page
from coin_models_tests.docs.reference import commands as all_commands

# A network of a few seconds; the demo market's first coins are enough for what the pages show.
_SMALL = {
    "universe": "BTC,ETH",
    "training_lookback_days": "40",
    "training_width": "32",
    "training_epochs": "2",
    "training_num_threads": "1",
    "training_more_horizons_minutes": "240",
}
_ENDLESS = (
    "ui",
    "serve",
    "worker",
    "bench",
    "drill",
    "stack up",
    "stack run",
    "stack down",
    "stack env",
    "notify test",
    "notify bot",
)
_ENDLESS_OPTIONS = {"--listen", "--watch", "--open"}  # of a command that otherwise ends; a browser
_NEEDS_OTHERS = (
    "backfill",
    "home move",
    "home restore",
    "notify status",
)  # a fleet, an empty home, a channel: see the commands' own tests
_ASKS = ("init",)  # on a terminal; see cli/test_init_answers.py
_TRAINED = (
    "retrain",
    "--day",
    "2024-08-15",
)  # the most frequent command of the pages; the other trainings are for `make proof`
_SHOWN = commands()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the documentation's own day was trained, by a process of its own."""
    path = tmp_path_factory.mktemp("docs")
    _run(path, *_TRAINED)
    candles = path / "path" / "to" / "candles"
    candles.mkdir(parents=True)
    (candles / "BTC_USDT.csv").write_text("ts,open,high,low,close,volume\n1723680000,100,102,99,101,10\n")
    return path


def _run(folder: Path, *arguments: str) -> None:
    done = _python(folder, "from coin_models.cli.main import main; main()", *arguments)
    assert done.returncode == 0, done.stderr[-2000:]


def _python(folder: Path, program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if not key.startswith("COIN_MODELS_")}
    small = {f"COIN_MODELS_{name.upper()}": value for name, value in _SMALL.items()}
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env={**clean, **small, "OMP_NUM_THREADS": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def _name(words: Sequence[str]) -> str:
    names = [name for name, _ in all_commands()]
    return next((name for name in names if list(words[: len(name.split())]) == name.split()), "")


def _runnable() -> list[Any]:
    """Each command once, but those that continue for ever; what trains or measures, other than the fixture, takes its time."""
    parameters = []
    for shown in {
        shown.words: shown
        for shown in _SHOWN
        if _name(shown.words) not in _ENDLESS + _NEEDS_OTHERS + _ASKS and not _ENDLESS_OPTIONS.intersection(shown.words)
    }.values():
        is_long = shown.words[0] in ("retrain", "plan") and shown.words != _TRAINED
        parameters.append(pytest.param(shown, id=str(shown), marks=[pytest.mark.proof] if is_long else []))
    return parameters


@pytest.mark.parametrize("shown", _SHOWN, ids=str)
def test_a_command_that_is_shown_exists_with_its_options(shown: Command) -> None:
    group, words = get_command(app), list(shown.words)
    while hasattr(group, "commands"):
        assert words, f"{shown} names no command"
        assert words[0] in group.commands, f"{shown}: there is no {words[0]}"
        group, words = group.commands[words[0]], words[1:]
    group.make_context(str(shown), words).close()


@pytest.mark.parametrize("shown", _runnable())
def test_a_command_that_is_shown_works(folder: Path, shown: Command) -> None:
    if shown.words[0] == "unquarantine":
        _python(folder, _FAIL_ONCE)
    if shown.words[:2] == ("models", "rollback"):
        _promote_two(folder, shown.words[2])
    if shown.words[0] in (
        "retrain",
        "backtest",
    ):  # a session is as old as its process: pytest's would take long to start
        _run(folder, *shown.words)
        return
    ran = coin_models(folder, *shown.words, **_SMALL)

    # No stack runs here, and the day that was trained here is years old: both are what exit code 1 says.
    allowed = (0, 1) if shown.words[:2] == ("stack", "status") or shown.words[:1] == ("health",) else (0,)
    assert ran.code in allowed, ran.text


def test_a_home_moves_as_the_page_shows_and_nothing_is_trained_again(folder: Path, tmp_path: Path) -> None:
    """In a copy: a home that has moved refuses the other commands of the pages."""
    origin = shutil.copytree(folder, tmp_path / "origin")
    (move,) = {shown.words for shown in _SHOWN if shown.words[:2] == ("home", "move") and shown.page == "operations.md"}
    new = origin / move[-1]
    new.mkdir(parents=True)
    (new / "coin_models.toml").write_text('source = "demo"\n')

    moved = coin_models(origin, *move, **_SMALL)
    again = coin_models(new, *_TRAINED, "--dry-run", "--json", **_SMALL)

    assert moved.code == 0, moved.text
    assert "compared, and equal" in moved.stdout
    assert {item["action"] for item in again.json()["coins"]} == {"reuse"}


def _promote_two(folder: Path, coin: str) -> None:
    """One after the other: a day's version, and the one that it started from."""
    for version in reversed(coin_models(folder, "models", "list", "--coins", coin, "--json", **_SMALL).json()):
        coin_models(folder, "models", "promote", version["id"], **_SMALL)


_FAIL_ONCE = """
from datetime import date
from coin_models.pipeline.services import Services
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.load import load_settings
services = Services(settings=load_settings())
session = services.sessions.open(services.settings.costs, code_version=training_code_version())
failed = (Outcome.FAILED, AttemptAction.FAILED, "of the test")
for day in (date(2024, 8, 14), date(2024, 8, 15)):
    services.attempts.record(day, session.session_id, {"BTC": failed, "ETH": failed}, run_id=None)
"""


def test_the_python_of_the_readme_forecasts_as_its_output_says(folder: Path) -> None:
    (program,) = blocks(REPOSITORY / "README.md", "python")
    shown = blocks(REPOSITORY / "README.md", "text")[0]

    done = _python(folder, program)

    assert done.returncode == 0, done.stderr[-2000:]
    printed, written = literal_eval(done.stdout), literal_eval(shown.strip())
    assert list(printed) == list(written)
    assert sorted(printed.values()) == list(printed.values())


def test_every_command_is_mentioned_by_hand() -> None:
    prose = "\n".join(path.read_text(encoding="utf-8") for path in pages() if path.name != "cli.md")

    assert [name for name, _ in all_commands() if f"coin-models {name}" not in prose] == []


def test_every_command_is_in_the_reference() -> None:
    page = cli_page()

    assert [name for name, _ in all_commands() if f"## coin-models {name}\n" not in page] == []


def test_every_make_target_that_is_shown_exists() -> None:
    targets = {line.partition(":")[0] for line in (REPOSITORY / "Makefile").read_text().splitlines() if ":" in line}
    shown = {
        line.split()[1]
        for path in pages()
        for block in blocks(path, "sh")
        for line in block.splitlines()
        if line[:5] == "make "
    }

    assert shown - targets == set()
