"""Wrong usage gives a sentence and exit code 2, before anything is done."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coin_models import __version__ as coin_models_version
from coin_models_tests.cli.running import coin_models, make_home

_TODAY = datetime.now(UTC).date()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retrain", "--nope"], "No such option: --nope"),
        (["nope"], "No such command 'nope'"),
        (["predict"], "give one of: a coin"),
        (["status", "--last", "0"], "Invalid value for '--last'"),
        (["retrain", "--day", "15.8.2024"], "--day '15.8.2024' is not a date; use YYYY-MM-DD"),
        (["retrain", "--day", "2024-08-15", "--from", "2024-08-01"], "--day and --from/--to exclude each other"),
        (["retrain", "--from", "2024-08-01"], "--from and --to are used together"),
        (["retrain", "--from", "2024-08-02", "--to", "2024-08-01"], "is after --to 2024-08-01; swap them"),
        (["retrain", "--day", f"{_TODAY + timedelta(days=1)}"], "is not over yet"),
        (["retrain", "--coins", "NOPE"], "NOPE is not in the universe (BTC, ETH"),
        (["unquarantine"], "name coins, or days with --day or --from and --to; --all means every coin"),
        (["unquarantine", "NOPE,BTC"], "NOPE is not in the universe"),
        (["unquarantine", "--all", "--day", "2024-08-15"], "leave out --all"),
        (["unquarantine", "BTC", "--day", "yesterday"], "invalid date 'yesterday'; use YYYY-MM-DD"),
        (["unquarantine", "BTC", "ETH"], "no failed attempt of BTC, ETH to reset; `coin-models status` shows why"),
        (["unquarantine", "--day", "2024-08-15"], "no failed attempt of any coin on 2024-08-15 to reset"),
        (["status", "--coins", "NOPE"], "none of them is in the universe"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str], message: str) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, *arguments)

    assert ran.code == 2
    assert message in ran.text
    assert "Traceback" not in ran.text


@pytest.mark.parametrize("arguments", [["retrain"], ["status"], ["models", "list"], ["settings"], ["predict", "BTC"]])
def test_wrong_settings_are_a_sentence_and_exit_code_2(tmp_path: Path, arguments: list[str]) -> None:
    ran = coin_models(tmp_path, *arguments, timeframe="7m", quote="usdt")

    assert ran.code == 2
    assert ran.stdout == ""
    assert "2 problem(s) in the settings" in ran.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_is_exit_code_0_and_names_every_command(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "--help")

    assert ran.code == 0
    assert all(name in ran.stdout for name in ("retrain", "status", "doctor", "stack", "models"))


def test_a_full_disk_is_found_before_anything_is_begun(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "retrain", operations_min_free_disk_mib="999999999")

    assert ran.code == 1
    assert "error: machine unavailable: only" in ran.stderr
    assert "999999999 are wanted" in ran.stderr
    assert not (tmp_path / ".coin_models" / "coin_models.db").exists()


def test_the_version_is_shown(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "--version")

    assert (ran.code, ran.stdout.strip()) == (0, coin_models_version)


def test_where_logs_are_json_an_error_is_one_object_with_its_exit_code(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "status", log_format="json", source="files", market_files_path=str(tmp_path / "none"))
    line = json.loads(ran.stderr)

    assert (line["level"], line["exit_code"]) == ("ERROR", ran.code)
    assert line["message"].startswith("error: ")
