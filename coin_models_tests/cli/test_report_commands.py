"""`report` and `patterns`, over a home with a few days of rows."""

from pathlib import Path

import pytest

from coin_models.cli.report_commands import show_page
from coin_models.storage.local import LocalStore
from coin_models_tests.cli.running import coin_models, make_home
from coin_models_tests.cli.traded_homes import make_traded_home, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traded_home(tmp_path_factory.mktemp("traded"))


def test_the_report_is_text_and_the_place_of_its_page(folder: Path) -> None:
    ran = run(folder, "report")

    assert ran.code == 0
    assert ran.stdout.startswith("market: demo (made up), USDT, 5m; home: ")
    assert "# Sunday, 11 August 2024 · demo (made up), USDT, 5m\n" in ran.stdout
    assert f"page: {folder / '.coin_models/store/reports/2024-08-11/report.html'}" in ran.stdout


def test_the_report_as_json_is_the_stored_one(folder: Path) -> None:
    content = run(folder, "report", "--day", "2024-08-11", "--json").json()

    assert content["day"] == "2024-08-11"
    assert [coin["coin"] for coin in content["coins"]] == ["BTC"]
    assert {figure["name"] for figure in content["figures"]} >= {"sharpe", "sortino", "max_drawdown", "coverage"}


def test_a_day_without_a_report_is_a_sentence_that_names_the_newest(folder: Path) -> None:
    ran = run(folder, "report", "--day", "2024-08-10")

    assert (ran.code, ran.stdout) == (1, "")
    assert "there is no report of 2024-08-10" in ran.text
    assert "the newest report is of 2024-08-11" in ran.text


@pytest.mark.parametrize("command", [["report"], ["patterns", "BTC"]])
def test_before_the_first_retraining_it_says_how_to_get_one(tmp_path: Path, command: list[str]) -> None:
    make_home(tmp_path)
    ran = coin_models(tmp_path, *command)

    assert (ran.code, ran.stdout) == (1, "")
    assert "yet; `coin-models retrain` writes one" in ran.text


def test_a_page_in_a_folder_is_opened_where_it_is(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    store.put("reports/2024-08-11/report.html", b"page")
    opened: list[str] = []

    def browse(url: str) -> bool:
        opened.append(url)
        return True

    show_page(store, "reports/2024-08-11/report.html", browse)

    assert opened == [(tmp_path / "reports/2024-08-11/report.html").as_uri()]


def test_a_page_elsewhere_is_copied_to_a_file_that_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    class Elsewhere(LocalStore):
        @property
        def url(self) -> str:
            return "s3://bucket"

    store = Elsewhere(tmp_path)
    store.put("reports/2024-08-11/report.html", b"page")

    path = show_page(store, "reports/2024-08-11/report.html", lambda url: False)

    assert path.read_bytes() == b"page"
    assert not path.is_relative_to(tmp_path)
    assert f"open {path} with one" in " ".join(capsys.readouterr().err.split())


def test_patterns_say_what_followed_and_whether_it_beats_chance(folder: Path) -> None:
    ran = run(folder, "patterns", "btc", "--limit", "2")

    assert ran.code == 0
    heads = ("seen in BTC", "mean after 1 h", "10 % to 90 %", "first", "last")
    assert [name for name in heads if name not in ran.stdout] == [], ran.stdout
    assert "BTC: no known pattern at the close of 2024-08-11" in ran.text
    assert "more shapes seen in BTC (--limit)" in ran.text


def test_patterns_as_json_have_the_nearest_first(folder: Path) -> None:
    content = run(folder, "patterns", "BTC", "--json").json()

    assert (content["coin"], content["day"]) == ("BTC", "2024-08-11")
    assert [one["rank"] for one in content["patterns"]] == [1, 2, 3]
    assert all(one["outcome_here"]["num_matches"] <= one["outcome"]["num_matches"] for one in content["patterns"])


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["patterns", "NOPE"], 2, "NOPE is not in the universe (BTC, ETH)"),
        (["patterns", "ETH"], 1, "occurred in ETH"),
        (
            ["patterns", "BTC", "--day", "2024-08-01"],
            1,
            "no pattern library of 2024-08-01; the newest one is of 2024-08-11",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_is_one_sentence(folder: Path, arguments: list[str], code: int, message: str) -> None:
    ran = run(folder, *arguments)

    assert (ran.code, ran.stdout) == (code, "")
    assert message in ran.text
    assert len(ran.stderr.splitlines()) == 1
