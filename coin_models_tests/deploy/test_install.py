"""`make venv` says what pip is at."""

import runpy

import pytest

from coin_models_tests.docs.reference import REPOSITORY

LINES = ["Obtaining file:///x\n", "Collecting numpy>=2\n", "  Downloading numpy.whl\n", "Collecting rich\n",
    "Installing collected packages: numpy, rich, coin_models\n"]  # fmt: skip
INSTALL = runpy.run_path(str(REPOSITORY / "deploy" / "install.py"))


def test_each_package_and_the_unpacking_are_steps() -> None:
    steps: list[str] = []
    output = INSTALL["show"](LINES, steps.append, 190)

    assert steps == [
        "downloading package 1 of about 190: numpy",
        "downloading package 2 of about 190: rich",
        "unpacking 3 packages",
    ]
    assert output == LINES


def test_without_a_terminal_it_is_a_line_every_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    seconds = iter([0.0, 0.0, 5.0, 10.0, 10.0])
    tell = INSTALL["every_ten_seconds"](lambda: next(seconds))
    for text in ("numpy", "rich", "torch"):
        tell(text)

    assert capsys.readouterr().out == "numpy\ntorch\n"


def test_the_package_is_installed_by_a_path_so_that_a_script_beside_the_clone_imports_it() -> None:
    command = INSTALL["pip_command"]()

    assert "editable_mode=compat" in command[command.index("--config-settings") + 1]
    assert command[-2:] == ["--editable", ".[dev]"]
