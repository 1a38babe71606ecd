"""`models export-onnx`: the file holds what forecasts the coin, and what cannot be written is a sentence."""

from pathlib import Path

import onnx
import pytest

from coin_models_tests.cli.traded_homes import make_traded_home, run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_traded_home(tmp_path_factory.mktemp("traded"))


def test_the_file_names_the_version_that_forecasts_the_coin(folder: Path) -> None:
    ran = run(folder, "models", "export-onnx", "btc", "-o", "btc.onnx")

    assert ran.code == 0, ran.text
    model = onnx.load(str(folder / "btc.onnx"))
    properties = {one.key: one.value for one in model.metadata_props}
    assert properties["version"] in ran.text
    assert properties["version"].startswith("BTC-")
    assert properties["quantiles"] == "0.1,0.5,0.9"
    assert f"{(folder / 'btc.onnx').stat().st_size:,} bytes" in ran.text


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("ETH", "-o", "x.onnx"), 1, "nothing forecasts ETH"),
        (("BTC", "-o", "x.onnx", "--day", "2020-01-01"), 1, "no model of BTC is published for 2020-01-01"),
        (("BTC", "-o", "nowhere/x.onnx"), 2, "could not write nowhere/x.onnx"),
    ],
)
def test_what_cannot_be_written_is_a_sentence(
    folder: Path, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ran = run(folder, "models", "export-onnx", *arguments)

    assert (ran.code, sentence in ran.text) == (code, True), ran.text
    assert not (folder / "x.onnx").exists()
