"""Runs one command in this process, in a folder of its own."""

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coin_models.cli import console
from coin_models.cli.main import run
from coin_models.pipeline.services import open_services
from coin_models.settings.load import load_settings
from coin_models_tests.settings.environments import environment

_WIDTH = 200


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """All of it on one line: the terminal's width does not matter."""
        return " ".join((self.stdout + " " + self.stderr).split())

    def json(self) -> Any:
        return json.loads(self.stdout)


def make_home(folder: Path, **variables: str) -> None:
    """A home of the demo market in `folder`, in which nothing was trained yet."""
    named = {f"COIN_MODELS_{name.upper()}": value for name, value in variables.items()}
    with environment(folder, named):
        open_services(load_settings(), create=True).close()


def coin_models(folder: Path, *arguments: str, toml: str | None = None, **variables: str) -> Ran:
    """`coin-models ARGUMENTS` with these settings (without their prefix), and the home in `folder`."""
    out, err = io.StringIO(), io.StringIO()
    console.out.width = console.err.width = _WIDTH  # whatever the terminal was when the consoles were made
    named = {f"COIN_MODELS_{name.upper()}": value for name, value in variables.items()}
    with (
        environment(folder, {"COLUMNS": str(_WIDTH), **named}, toml),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = run(list(arguments))
    return Ran(code, out.getvalue(), err.getvalue())
