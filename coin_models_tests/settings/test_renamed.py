"""Former names of settings still work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from coin_models.settings.load import effective_settings, load_settings
from coin_models.settings.renamed import OldNames
from coin_models.settings.root import Settings
from coin_models_tests.settings.environments import environment, refusal

OLD, NEW = "COIN_MODELS_TRAINING_COLD_EVERY_DAYS", "COIN_MODELS_TRAINING_FULL_RETRAIN_EVERY_DAYS"


def origin(name: str) -> str:
    return next(row.origin for row in effective_settings(load_settings()) if row.name == name)


def test_an_old_variable_sets_the_new_setting_and_is_named_as_its_origin(tmp_path: Path) -> None:
    with environment(tmp_path, {OLD: "3"}):
        days, source = load_settings().training.full_retrain_every_days, origin("training.full_retrain_every_days")

    assert (days, source) == (3, OLD)


def test_an_old_key_in_the_file_sets_the_new_setting(tmp_path: Path) -> None:
    with environment(tmp_path, toml="[training]\ncold_every_days = 4\n"):
        days, source = load_settings().training.full_retrain_every_days, origin("training.full_retrain_every_days")

    assert (days, source) == (4, "coin_models.toml")


def test_the_new_name_wins_over_the_old_one(tmp_path: Path) -> None:
    with environment(tmp_path, {OLD: "3", NEW: "5"}, "[training]\ncold_every_days = 4\n"):
        days = load_settings().training.full_retrain_every_days

    assert days == 5


def test_an_old_variable_wins_over_the_new_key_in_the_file(tmp_path: Path) -> None:
    with environment(tmp_path, {OLD: "3"}, "[training]\nfull_retrain_every_days = 4\n"):
        days = load_settings().training.full_retrain_every_days

    assert days == 3


def test_an_impossible_value_under_an_old_name_is_refused_under_the_new_one(tmp_path: Path) -> None:
    message = refusal(tmp_path, {OLD: "0"})

    assert "training.full_retrain_every_days: Input should be greater than 0" in message


def test_the_old_name_is_warned_of_once_per_process(tmp_path: Path) -> None:
    program = (
        "import logging; logging.basicConfig()\n"
        "from coin_models.settings.load import load_settings\n"
        "load_settings(); load_settings()\n"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COIN_MODELS_")}

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=kept | {OLD: "3", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr.count("is now called training.full_retrain_every_days") == 1


@pytest.mark.parametrize("old", ["days", "costs.days"])
def test_a_setting_may_move_between_groups(old: str) -> None:
    *groups, name = old.split(".")
    content: dict[str, object] = {name: 2}
    for group in groups:
        content = {group: content}

    values = OldNames(FixedSource(content), Settings, {old: "training.days"})()

    assert values["training"] == {"days": 2}


class FixedSource(OldNames):
    """Says always the same."""

    def __init__(self, content: dict[str, object]) -> None:
        super().__init__(self, Settings)
        self._content = content

    def __call__(self) -> dict[str, object]:
        return self._content
