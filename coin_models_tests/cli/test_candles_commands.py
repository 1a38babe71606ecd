"""`candles refresh` and `candles check` on a folder of files and on the demo market."""

from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.market.candles import Candles
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.services import open_services
from coin_models.settings.load import load_settings
from coin_models_tests.cli.running import coin_models
from coin_models_tests.market.builders import DAY, HOUR, walk, without
from coin_models_tests.settings.environments import environment

CANDLES = walk(60, first=DAY)
LAST = CANDLES.days[-1]


def _write(folder: Path, coin: str, candles: Candles) -> None:
    candles.to_frame().reset_index(names="ts").to_csv(folder / f"{coin}_USDT.csv", index=False)


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """A home whose candles of the last days were read from two files."""
    files = tmp_path / "files"
    files.mkdir()
    _write(files, "BTC", CANDLES)
    _write(files, "ETH", without(CANDLES, slice(-30, -28)))
    named = {
        "source": "files", "timeframe": "1h", "market_files_path": str(files),
        "training_lookback_days": "45", "training_validation_days": "3",
    }  # fmt: skip
    prefixed = {f"COIN_MODELS_{name.upper()}": value for name, value in named.items()}
    with environment(tmp_path, prefixed), open_services(load_settings(), create=True) as services:
        assert len(list(ensure_candles(services, LAST, LAST, ["BTC", "ETH"]))) == 2
    return named


def test_refreshing_says_per_coin_what_changed(tmp_path: Path, variables: dict[str, str]) -> None:
    ohlcv = CANDLES.ohlcv.copy()
    ohlcv[-1, 4] += 1.0
    corrected = Candles(timeframe=HOUR, open_time_ms=CANDLES.open_time_ms, ohlcv=ohlcv)
    _write(tmp_path / "files", "BTC", corrected)
    span = ("--from", str(LAST), "--to", str(LAST))

    first = coin_models(tmp_path, "candles", "refresh", *span, **variables)
    second = coin_models(tmp_path, "candles", "refresh", *span, "--json", **variables)

    assert f"BTC: 1 changed ({LAST})" in first.text
    assert "ETH: 1 day(s) as before" in first.text
    assert second.json()[0] == {"coin": "BTC", "changed": [], "added": []}
    assert (first.code, second.code) == (0, 0)


def test_refreshing_a_file_that_cannot_be_read_names_it_and_fails(tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "files" / "ETH_USDT.csv").write_text("no candles")

    done = coin_models(tmp_path, "candles", "refresh", "--from", str(LAST), "--to", str(LAST), **variables)

    assert done.code == 3
    assert "BTC: 1 day(s) as before" in done.text
    assert f"ETH: {tmp_path / 'files' / 'ETH_USDT.csv'}: none of its first 1 lines is a header" in done.text


def test_checking_shows_holes_with_how_often_they_were_asked_for_and_where_days_came_from(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    done = coin_models(tmp_path, "candles", "check", **variables)

    assert done.code == 0
    assert f"ETH: {LAST - timedelta(days=1)}: 22 of 24 candles, 1 answer(s) agree" in done.text
    assert "day(s): file BTC_USDT.csv sha256:" in done.text


def test_checking_finds_a_file_that_cannot_be_read_without_a_run(tmp_path: Path, variables: dict[str, str]) -> None:
    (tmp_path / "files" / "ETH_USDT.csv").unlink()
    (tmp_path / "files" / "ETH_USDT.csv").symlink_to(tmp_path / "gone.csv")

    shown = coin_models(tmp_path, "candles", "check", **variables)
    as_json = coin_models(tmp_path, "candles", "check", "--coins", "ETH", "--json", **variables)

    assert shown.code == as_json.code == 1
    assert "ETH_USDT.csv is a link to" in shown.text
    assert "ETH_USDT.csv is a link to" in as_json.json()[0]["files"][0]["problem"]


def test_without_a_home_there_is_nothing_to_check(tmp_path: Path) -> None:
    done = coin_models(tmp_path, "candles", "check", universe="BTC")

    assert done.code == 2
    assert not (tmp_path / ".coin_models").exists()


def test_a_folder_is_checked_without_a_home(tmp_path: Path) -> None:
    folder = tmp_path / "candles"
    folder.mkdir()
    _write(folder, "BTC", without(CANDLES, slice(30, 32)))
    (folder / "BTC_USDT-1m.feather").touch()

    shown = coin_models(tmp_path, "candles", "check", str(folder), timeframe="1h")
    as_json = coin_models(tmp_path, "candles", "check", str(folder), "--json", timeframe="1h").json()

    assert shown.code == 0
    assert "BTC_USDT.csv coin_models BTC 1h" in shown.text
    assert "1 holes, longest 2024-08-16 06:00 to 2024-08-16 08:00 UTC, 2 candles" in shown.text
    assert "ignored: BTC_USDT-1m.feather: 1m candles by its name" in shown.text
    assert [file["state"] for file in as_json["files"]] == ["read", "ignored"]
    assert not (tmp_path / ".coin_models").exists()


def test_a_folder_with_a_file_that_is_refused_fails(tmp_path: Path) -> None:
    folder = tmp_path / "candles"
    folder.mkdir()
    (folder / "BTC_USDT.csv").write_text("no candles")

    done = coin_models(tmp_path, "candles", "check", str(folder))

    assert done.code == 1
    assert "BTC_USDT.csv: refused: " in done.text


def test_a_coins_stored_days_are_drawn_and_its_holes_listed(tmp_path: Path, variables: dict[str, str]) -> None:
    shown = coin_models(tmp_path, "candles", "show", "eth", **variables)
    as_json = coin_models(tmp_path, "candles", "show", "ETH", "--json", **variables).json()

    day = LAST - timedelta(days=1)
    assert f"{day:%Y-%m} " in shown.text
    assert f"{day} 18:00 to {day} 20:00 UTC, 2 candles" in shown.text  # rows -30 and -29: 6 hours before midnight
    assert [hole["num_candles"] for hole in as_json["holes"]] == [2]


def test_a_left_out_last_line_is_logged_when_the_file_is_read(
    tmp_path: Path, variables: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "files" / "BTC_USDT.csv"
    path.write_text(path.read_text()[:-4])

    coin_models(tmp_path, "candles", "refresh", "--from", str(LAST), "--to", str(LAST), **variables)

    assert "BTC_USDT.csv: line 1441: the last line has no line end and may be cut" in caplog.text  # 60 * 24 + header
