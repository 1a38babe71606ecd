"""`backtest`: the days are walked once, a second command reads them, and the page is the same to the byte."""

from pathlib import Path

import pytest

from coin_models_tests.cli.running import Ran, coin_models

TINY = {
    "universe": "BTC,ETH",
    "training_lookback_days": "32",
    "training_validation_days": "3",
    "training_width": "8",
    "training_epochs": "1",
    "training_members": "[]",
    "training_num_threads": "1",
}
RANGE = ("--from", "2026-03-08", "--to", "2026-03-10")


def run(folder: Path, *arguments: str) -> Ran:
    return coin_models(folder, "backtest", *arguments, **TINY)


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    folder = tmp_path_factory.mktemp("walked")
    return folder, run(folder, *RANGE, "-o", "first.html")


def test_it_trains_and_trades_the_range_and_writes_the_page(walked: tuple[Path, Ran]) -> None:
    folder, ran = walked

    assert ran.code == 0, ran.stderr
    assert "backtest of 2 coins, 2026-03-08 to 2026-03-10" in ran.stdout
    assert "page: first.html" in ran.stdout
    assert "Backtest of 2 coins" in (folder / "first.html").read_text()


def test_a_second_one_reads_the_days_and_gives_the_same_bytes(walked: tuple[Path, Ran]) -> None:
    folder, _ = walked

    again = run(folder, *RANGE, "-o", "second.html", "--json")

    assert again.code == 0, again.stderr
    assert (folder / "second.html").read_bytes() == (folder / "first.html").read_bytes()
    made = again.json()
    assert made["coins"] == ["BTC", "ETH"]
    # The first day too: its versions start from those of the week's full retrain before it.
    assert (made["coin_days"], made["trials"]) == (6, 1)
    assert len(made["books"]) == 2


def test_the_days_are_those_of_production(walked: tuple[Path, Ran], tmp_path: Path) -> None:
    folder, _ = walked
    nights = [coin_models(tmp_path, "retrain", "--day", f"2026-03-{day:02}", **TINY) for day in (8, 9, 10)]
    assert {ran.code for ran in nights} == {0}

    ran = run(tmp_path, *RANGE, "-o", "nights.html")

    assert ran.code == 0, ran.stderr
    assert (tmp_path / "nights.html").read_bytes() == (folder / "first.html").read_bytes()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ((), "give --from and --to"),
        (("--from", "2026-03-08"), "give --from and --to"),
        (("--from", "2026-03-10", "--to", "2026-03-08"), "is after"),
        ((*RANGE, "--coins", "NOPE"), "NOPE"),
    ],
)
def test_what_cannot_be_walked_is_a_sentence(tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    ran = run(tmp_path, *options)

    assert ran.code == 2
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
