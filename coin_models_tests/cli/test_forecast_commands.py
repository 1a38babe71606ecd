"""`forecasts export | record`: files, stdout, and what is refused."""

import io
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import delete

from coin_models.db.opening import open_database
from coin_models.db.trading_schema import forecast_days
from coin_models.settings.root import Settings
from coin_models_tests.cli.traded_homes import make_traded_home, run

FIRST, SECOND = "2024-08-10", "2024-08-11"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_traded_home(tmp_path_factory.mktemp("traded"))
    run(made, "forecasts", "record", "--again")  # under the rules that the commands use
    return made


def test_parquet_and_csv_hold_the_same_forecasts(folder: Path) -> None:
    packed = run(folder, "forecasts", "export", "-o", "f.parquet")
    text = run(folder, "forecasts", "export", "--output", "f.CSV")

    frame, lines = pd.read_parquet(folder / "f.parquet"), pd.read_csv(folder / "f.CSV", index_col="made_at")
    assert (packed.code, text.code) == (0, 0)
    assert packed.stdout == "576 forecasts of 1 coin(s) on 2 day(s) in f.parquet\n"
    assert len(frame) == len(lines) == 576
    assert list(frame.columns) == list(lines.columns)
    assert set(frame["role"]) <= {"champion", "reference"}


def test_a_coin_and_a_day_go_to_stdout_and_nothing_else_does(folder: Path) -> None:
    ran = run(
        folder, "forecasts", "export", "--coins", "btc", "--from", SECOND, "--to", SECOND, "--challengers", "-o", "-"
    )

    frame = pd.read_csv(io.StringIO(ran.stdout), index_col="made_at")
    assert ran.code == 0
    assert set(frame["coin"]) == {"BTC"}
    assert set(frame["day"]) == {SECOND}
    assert "challenger" in set(frame["role"])


@pytest.mark.parametrize(
    ("options", "sentence", "code"),
    [
        (["-o", "-", "--format", "parquet"], "Parquet is written to a file, not to stdout", 2),
        (["-o", "nowhere/f.csv"], "could not write nowhere/f.csv: No such file or directory", 2),
        (["-o", "f.csv", "--coins", ","], "--coins ',' names no coin", 2),
        (["-o", "f.csv", "--coins", "SOL"], "no forecasts of SOL are recorded yet", 1),
        (["-o", "f.csv", "--from", SECOND, "--to", FIRST], "is after the last one", 2),
        (["-o", "f.csv", "--from", "soon"], "--from 'soon' is not a date", 2),
    ],
)
def test_what_cannot_be_exported_is_a_sentence(folder: Path, options: list[str], sentence: str, code: int) -> None:
    ran = run(folder, "forecasts", "export", *options)

    assert (ran.code, ran.stdout) == (code, "")
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr


def test_days_of_an_earlier_version_are_left_out_with_a_warning_and_recorded_on_request(folder: Path) -> None:
    whole = run(folder, "forecasts", "export", "-o", "-").stdout
    database = open_database(Settings(home=folder / ".coin_models"))
    with database.begin() as connection:
        connection.execute(delete(forecast_days).where(forecast_days.c.day == pd.Timestamp(FIRST).date()))
    database.close()

    part = run(folder, "forecasts", "export", "-o", "-")
    recorded = run(folder, "forecasts", "record", "--from", FIRST, "--to", FIRST, "--json")
    again = run(folder, "forecasts", "record")

    assert "warning: 1 coin-day(s) from 2024-08-10 to 2024-08-10 were traded before" in part.stderr
    assert len(part.stdout) < len(whole)
    assert recorded.json() == {"recorded": 1, "failures": {}}
    assert again.stdout == "the forecasts of every traded day are recorded\n"
    assert run(folder, "forecasts", "export", "-o", "-").stdout == whole


def test_verify_names_damaged_forecasts_and_recording_them_again_repairs_them(folder: Path) -> None:
    (path,) = (folder / ".coin_models").rglob(f"forecasts/BTC/{FIRST}-*.parquet")
    path.write_bytes(b"damaged")

    damaged = run(folder, "models", "verify")
    repaired = run(folder, "forecasts", "record", "--again", "--from", FIRST, "--to", FIRST, "--coins", "BTC")
    verified = run(folder, "models", "verify", "--json")

    assert damaged.code == 1
    assert "2 coin-day(s) of forecasts checked, 1 with a problem" in damaged.stdout
    assert repaired.stdout == "forecasts of 1 coin-day(s) recorded\n"
    assert (verified.json()["forecast_days_checked"], verified.json()["forecast_problems"]) == (2, [])
