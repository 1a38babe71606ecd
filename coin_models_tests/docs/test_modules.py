"""The docstring of every module, and the packages that its import loads."""

import ast
import json
import os
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from coin_models_tests.docs.reference import REPOSITORY

_PACKAGE = REPOSITORY / "coin_models"
_CONFIG = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
_LAYERS = _CONFIG["tool"]["importlinter"]["contracts"][0]["layers"]
_HEAVY = ("torch", "pytorch_lightning", "lightning", "dagster", "ccxt", "lightgbm")
_WITH_TORCH, _WITH_DAGSTER = ("training", "bench", "simulation"), ("cli", "defs", "definitions", "drill")
_PRELOADED = (
    "numpy",
    "pandas",
    "scipy.stats",
    "pyarrow.parquet",
    "pydantic_settings",
    "sqlalchemy",
    "typer",
    "rich.console",
)
"""Loaded once for all packages: no test below asks about them, and each takes longer than any package of ours."""
_PROBE = """
import importlib, json, os, pkgutil, sys

def forked(act, *arguments):
    if os.fork():
        assert os.wait()[1] == 0, arguments
        return
    act(*arguments)
    sys.stdout.flush()
    os._exit(0)

def load(names):
    for name in names:
        importlib.import_module(name)

def load_group(heavy, names):
    load(heavy)
    for name in names:
        forked(load_package, name)

def load_package(name):
    package = importlib.import_module("coin_models." + name)
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), "coin_models." + name + "."):
        # Alembic runs the migrations, within its own environment; dagster-aws is loaded where the store is S3 (ADR 0097).
        if ".migrations" not in module.name and module.name != "coin_models.storage.s3.client":
            importlib.import_module(module.name)
    print(json.dumps([name, sorted(sys.modules)]))

preloaded, groups = json.loads(sys.argv[1])
load(preloaded)
for group in groups:
    forked(load_group, *group)
"""


def _without_settings() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("COIN_MODELS_")}


def _layers() -> list[list[str]]:
    """Names of the packages, uppermost layer first, without `coin_models.`."""
    return [[name.strip().partition(".")[2] for name in layer.replace(":", "|").split("|")] for layer in _LAYERS]


_NAMES = [name for layer in _layers() for name in layer]


@cache
def _loaded() -> dict[str, set[str]]:
    """For each package: every module that is there after importing all of it where nothing of ours was loaded.

    A process for each, forked from one that holds libraries; that holds torch, or dagster, where all of its packages may.
    """
    light = [name for name in _NAMES if name not in (*_WITH_TORCH, *_WITH_DAGSTER)]
    groups = [((), light), (("torch", "pytorch_lightning"), _WITH_TORCH), (("dagster",), _WITH_DAGSTER)]
    command = [sys.executable, "-c", _PROBE, json.dumps([_PRELOADED, groups])]
    done = subprocess.run(command, env=_without_settings(), capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr
    return {name: set(modules) for name, modules in map(json.loads, done.stdout.splitlines())}


def _modules() -> list[Path]:
    return sorted(_PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring


def test_every_package_is_in_a_layer() -> None:
    packages = {path.parent.name for path in _PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in _PACKAGE.glob("*.py")} - {"__init__", "__main__"}

    assert packages | modules == set(_NAMES)


@pytest.mark.parametrize("name", _NAMES)
def test_importing_a_package_loads_nothing_of_a_layer_above_it(name: str) -> None:
    depth = next(number for number, layer in enumerate(_layers()) if name in layer)
    above = {other for layer in _layers()[:depth] for other in layer}

    assert {module.split(".")[1] for module in _loaded()[name] if module.startswith("coin_models.")} & above == set()


@pytest.mark.parametrize("name", [name for name in _NAMES if name not in _WITH_TORCH])
def test_only_training_and_its_benchmarks_load_torch_and_lightning(name: str) -> None:
    assert _loaded()[name] & {"torch", "pytorch_lightning", "lightning"} == set()


@pytest.mark.parametrize("name", [name for name in _NAMES if name not in _WITH_DAGSTER])
def test_only_the_definitions_and_the_command_line_load_dagster(name: str) -> None:
    assert "dagster" not in _loaded()[name]


def test_the_list_of_commands_loads_nothing_heavy() -> None:
    command = [sys.executable, "-c", "import coin_models.cli.main, sys; print(*sys.modules)"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)

    assert set(done.stdout.split()) & {*_HEAVY, "pandas", "boto3"} == set()
