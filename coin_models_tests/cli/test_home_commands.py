"""Which market and home a command works on; commands that read create no home."""

import contextlib
from pathlib import Path

import pytest

from coin_models_tests.cli.running import coin_models, make_home

_READING = [
    ["status"],
    ["models", "list"],
    ["models", "show", "BTC"],
    ["models", "verify"],
    ["models", "promote", "BTC"],
    ["models", "rollback", "BTC"],
    ["predict", "BTC"],
    ["report"],
    ["patterns", "BTC"],
    ["costs"],
    ["home", "show"],
    ["home", "adopt"],
    ["home", "backup", "backups"],
    ["home", "move", "--to", "/"],
]


@pytest.mark.parametrize("command", _READING, ids=" ".join)
def test_without_a_home_a_command_that_reads_says_where_it_looked_and_makes_none(
    tmp_path: Path, command: list[str]
) -> None:
    ran = coin_models(tmp_path, *command)

    assert ran.code == 2
    assert f"no home at {tmp_path / '.coin_models'}" in ran.text
    assert "Traceback" not in ran.text
    assert list(tmp_path.iterdir()) == []


def test_a_plan_needs_no_home_and_makes_none(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "plan", "--coins", "2", "--published")

    assert ran.code == 0
    assert list(tmp_path.iterdir()) == []


def test_the_first_line_says_market_and_home_and_that_no_file_was_found(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "status")
    first = ran.stdout.partition("\n")[0]

    assert first.startswith(f"market: demo (made up), USDT, 5m; home: {tmp_path / '.coin_models'}")
    assert first.endswith("(no coin_models.toml found)")


def test_a_home_in_a_folder_above_is_found(tmp_path: Path) -> None:
    make_home(tmp_path)
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    ran = coin_models(inner, "home", "show", "--json")

    assert ran.json()["home"] == str(tmp_path / ".coin_models")
    assert list(inner.iterdir()) == []


@pytest.mark.parametrize("command", [["retrain"], ["status"], ["predict", "BTC"], ["home", "show"]], ids=" ".join)
def test_another_market_in_the_same_home_is_refused_with_both_names(tmp_path: Path, command: list[str]) -> None:
    make_home(tmp_path)
    files = tmp_path / "files"
    files.mkdir()
    (files / "BTC_USDT.csv").touch()
    ran = coin_models(tmp_path, *command, source="files", market_files_path=str(files))

    assert ran.code == 2
    assert "holds the market 'demo (made up), USDT, 5m'" in ran.text
    assert f"the settings name 'files in {files}, USDT, 5m'" in ran.text


def test_files_without_a_candle_leave_no_home_behind(tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    (files / "BTC_USDT.csv").touch()
    ran = coin_models(tmp_path, "retrain", source="files", market_files_path=str(files))

    assert ran.code == 1
    assert f"no file in {files} holds a candle that can be read" in ran.text
    assert list(tmp_path.iterdir()) == [files]


def test_a_path_with_square_brackets_is_shown_as_it_is(tmp_path: Path) -> None:
    store = tmp_path / "[red]"
    make_home(tmp_path, store_url=str(store))
    shown = coin_models(tmp_path, "home", "show", store_url=str(store))
    settings = coin_models(tmp_path, "settings", store_url="/[red]")

    assert f"store          {store}\n" in shown.stdout
    assert "/[red]" in settings.stdout


def test_the_doctor_names_the_market_and_an_identity_that_is_not_the_settings(tmp_path: Path) -> None:
    make_home(tmp_path)
    well = coin_models(tmp_path, "doctor", "--json")
    ill = coin_models(tmp_path, "doctor", "--json", market_demo_seed="8")
    findings = [{one["check"]: one for one in ran.json()}["identity"] for ran in (well, ill)]

    assert (findings[0]["level"], findings[1]["level"]) == ("ok", "error")
    assert "demo (made up), USDT, 5m; database and store have the id" in findings[0]["text"]
    assert "one home holds one market" in findings[1]["text"]


def test_adopting_says_what_it_did(tmp_path: Path) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, "home", "adopt", market_demo_seed="8")
    status = coin_models(tmp_path, "status", market_demo_seed="8")

    assert (ran.code, status.code) == (0, 0)
    assert "market: demo (made up, seed 8), USDT, 5m (before: demo (made up), USDT, 5m)" in ran.text


def test_a_file_above_says_which_market(tmp_path: Path) -> None:
    inner = tmp_path / "sub"
    inner.mkdir()
    (tmp_path / "coin_models.toml").write_text("[market]\ndemo_seed = 9\n")
    make_home(inner)
    with contextlib.chdir(inner):
        ran = coin_models(inner, "status")

    assert ran.stdout.startswith(f"market: demo (made up, seed 9), USDT, 5m; home: {tmp_path / '.coin_models'}\n")


def test_a_home_is_backed_up_and_restored_elsewhere(tmp_path: Path) -> None:
    origin, other = tmp_path / "origin", tmp_path / "other"
    for folder in (origin, other):
        folder.mkdir()
    make_home(origin)

    made = coin_models(origin, "home", "backup", str(tmp_path / "backups"))
    restored = coin_models(other, "home", "restore", str(tmp_path / "backups"))
    shown = [coin_models(folder, "home", "show", "--json").json()["id"] for folder in (origin, other)]
    again = coin_models(other, "home", "restore", str(tmp_path / "backups"))

    assert (made.code, restored.code, again.code) == (0, 0, 2)
    assert made.stdout.startswith("backup ")
    assert "next: coin-models models verify" in restored.text
    assert shown[0] == shown[1] is not None
    assert "is in use: a backup is restored into an empty home" in again.stderr


@pytest.mark.parametrize("target", ["s3:bucket", "ftp://host/x", "$HOME/backups"])
def test_a_backup_goes_to_a_folder_or_a_bucket(tmp_path: Path, target: str) -> None:
    make_home(tmp_path)

    ran = coin_models(tmp_path, "home", "backup", target)

    assert ran.code == 2
    assert "Traceback" not in ran.text


def test_a_folder_without_a_backup_makes_no_home(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "home", "restore", str(tmp_path / "nothing"))

    assert ran.code == 2
    assert "holds no finished backup" in ran.stderr
    assert list(tmp_path.iterdir()) == []
