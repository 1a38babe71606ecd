"""The examples run on a home that `coin-models` made, as they stand."""

import json
import runpy
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from coin_models import forecasts, load_candles
from coin_models.features import feature_sets
from coin_models_tests.cli.retraining_homes import LAST, SMALL, FilesHome, weights
from coin_models_tests.docs.pages import REPOSITORY, blocks
from coin_models_tests.offers import offered
from coin_models_tests.settings.environments import environment

EXAMPLES = REPOSITORY / "examples"
FIRST = LAST - timedelta(days=2)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> FilesHome:
    made = FilesHome(tmp_path_factory.mktemp("examples"), ["BTC"])
    ran = made.retrain("--from", str(FIRST), "--to", str(LAST))
    assert ran.code == 0, ran.text
    return made


@pytest.fixture
def inside(home: FilesHome) -> Iterator[FilesHome]:
    """The working folder and the variables of the home."""
    named = {**SMALL, "market_files_path": str(home.files)}
    with environment(home.folder, {f"COIN_MODELS_{name.upper()}": value for name, value in named.items()}):
        yield home


def run(name: str) -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / name))


def test_a_coin_is_forecast(inside: FilesHome, capsys: pytest.CaptureFixture[str]) -> None:
    run("forecast.py")["main"]("BTC")

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("BTC ")
    assert lines[0].endswith("by the reference")
    assert [line.split()[0] for line in lines[1:]] == ["10%", "50%", "90%"]


def test_each_day_is_backtested_by_the_version_of_the_day_before(
    inside: FilesHome, capsys: pytest.CaptureFixture[str]
) -> None:
    example = run("backtest.py")
    table = example["forecasts"]("BTC", FIRST, LAST)

    example["main"]("BTC", str(FIRST), str(LAST))

    # The last day has no candles after it; the two before it have one day of hours each.
    assert sorted(set(table.index.date)) == [FIRST + timedelta(days=1), LAST]
    assert len(table) == 48
    assert "48 forecasts, return" in capsys.readouterr().out


@pytest.mark.parametrize("mode", ["backtest", "dry_run"])
def test_a_strategy_of_freqtrade_enters_and_leaves_on_the_forecasts(
    mode: str, inside: FilesHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("freqtrade.strategy")
    module.IStrategy = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "freqtrade.strategy", module)
    strategy = run("freqtrade_strategy.py")["CoinModelsStrategy"]()
    frame = load_candles("BTC").reset_index(names="date")
    strategy.timeframe, strategy.config = "1h", {"runmode": SimpleNamespace(value=mode)}
    strategy.dp = SimpleNamespace(
        current_whitelist=lambda: ["BTC/USDT"], get_analyzed_dataframe=lambda pair, timeframe: (frame, None)
    )
    metadata = {"pair": "BTC/USDT"}

    strategy.bot_start()
    strategy.populate_indicators(frame, metadata)
    strategy.populate_entry_trend(frame, metadata)
    strategy.populate_exit_trend(frame, metadata)

    median, last = frame["quantile_0.5"], frame["width"].iloc[-1]
    assert median.notna().sum() == len(forecasts("BTC")) if mode == "backtest" else median.notna().sum() > 100
    assert frame["enter_long"].eq(1).equals(median > 0.0014) if "enter_long" in frame else not (median > 0.0014).any()
    assert frame["exit_long"].eq(1).equals(median < 0)
    assert strategy.custom_stake_amount("BTC/USDT", proposed_stake=100.0) == pytest.approx(100 * min(1, 0.01 / last))


def test_the_programs_of_the_page_run_one_after_the_other(
    inside: FilesHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "page.py"
    program.write_text("\n".join(blocks(REPOSITORY / "docs/use-a-model.md", "python")), encoding="utf-8")

    runpy.run_path(str(program))

    assert "count 24.0" in " ".join(capsys.readouterr().out.split())


def test_the_notebook_scores_the_recorded_forecasts(inside: FilesHome, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = json.loads((EXAMPLES / "forecasts.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    notebook_of: dict[str, Any] = {}

    for cell in cells:
        exec(compile(cell, "forecasts.ipynb", "exec"), notebook_of)  # noqa: S102 -- as Jupyter does

    shares = notebook_of["calibration"]["outcomes below"]
    assert "BTC by the reference" in capsys.readouterr().out
    assert shares.is_monotonic_increasing
    assert shares.iloc[0] < 0.5 < shares.iloc[-1]
    assert notebook_of["skill"]["reference"] == 0.0  # the reference is what forecast
    assert len(notebook_of["moves"]) == 4


def test_a_family_of_ones_own_is_a_member_of_what_is_published(tmp_path: Path) -> None:
    made = FilesHome(tmp_path / "home", ["BTC"])
    module = (EXAMPLES / "own_family.py").read_text(encoding="utf-8")
    with offered(tmp_path, module, ewma="Ewma"):
        ran = made.retrain(training_members="ewma:0.25", training_full_retrain_every_days="1")
        assert ran.code == 0, ran.text
        shown = made.run("models", "show", "BTC", "--json", training_members="ewma:0.25")
        forecast = made.run("predict", "BTC", "--allow-stale", training_members="ewma:0.25")

    assert shown.json()["members"]["ewma"] in (0.25, 0.125, 0.0)
    assert forecast.code == 0, forecast.text


def test_features_of_ones_own_are_part_of_what_is_published(tmp_path: Path) -> None:
    made = FilesHome(tmp_path / "home", ["BTC", "ETH"])
    module = (EXAMPLES / "own_features.py").read_text(encoding="utf-8")
    days = ("--from", str(FIRST), "--to", str(LAST))
    with offered(tmp_path, module, feature_sets.GROUP, market="Market"):
        ran = made.retrain(*days, training_features="market")
        assert ran.code == 0, ran.text
        again = made.retrain(*days, training_features="market")
        forecast = made.run("predict", "ETH", "--allow-stale", "--json", training_features="market")
        recomputed = made.run("models", "verify", "--recompute", "1", training_features="market")
        without = made.retrain("--day", str(LAST), training_features="[]")

    assert weights(again.json()) == weights(ran.json())
    assert forecast.code == 0, forecast.text
    assert recomputed.code == 0, recomputed.text
    assert without.code == 0, (
        without.text
    )  # traded by versions that read the set, in a night whose settings do not name it
    assert not set(weights([without.json()]).values()) & set(weights(ran.json()).values())
