"""The version of the training code: of what decides weights, and of nothing else."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

import coin_models
from coin_models.registry.deciding_code import deciding_files
from coin_models.registry.fingerprint import code_digest, training_code_version
from coin_models.registry.source_tokens import significant_tokens

PACKAGE = Path(coin_models.__file__).parent
DECIDING = [path.relative_to(PACKAGE).as_posix() for path in deciding_files(PACKAGE)]
WHOLE_MODULES = ("training", "features", "models", "registry", "bench")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, as far as any of it could count."""
    copied = tmp_path / "coin_models"
    for name in WHOLE_MODULES:
        shutil.copytree(PACKAGE / name, copied / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_copy_elsewhere_has_the_same_version(copy: Path) -> None:
    assert code_digest(copy) == training_code_version()


def test_line_ends_of_another_system_do_not_count(copy: Path) -> None:
    for path in copy.rglob("*.py"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert code_digest(copy) == training_code_version()


def test_a_word_in_every_docstring_and_a_comment_in_every_file_do_not_count(copy: Path) -> None:
    for path in copy.rglob("*.py"):
        append(path, "\n\n# a remark\n")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"""', '"""Truly. ', 1), encoding="utf-8")

    assert code_digest(copy) == training_code_version()


@pytest.mark.parametrize(
    "name",
    [
        "training/callbacks.py",
        "training/metrics.py",
        "training/hardware.py",
        "training/checkpoints/encoding.py",
        "training/interruption/preemption.py",
        "bench/synthetic.py",
    ],
)
def test_a_module_that_decides_no_weight_does_not_count(copy: Path, name: str) -> None:
    append(copy / name, "\nMORE = 1\n")

    assert code_digest(copy) == training_code_version()


def test_a_module_of_features_that_no_fit_imports_does_not_count(copy: Path) -> None:
    (copy / "features/unused.py").write_text("MORE = 1\n", encoding="utf-8")

    assert code_digest(copy) == training_code_version()


def test_a_module_of_features_that_a_fit_begins_to_import_counts(copy: Path) -> None:
    (copy / "features/used.py").write_text("MORE = 1\n", encoding="utf-8")
    append(copy / "features/table.py", "\nfrom coin_models.features import used\n")
    before = code_digest(copy)
    edit(copy / "features/used.py", "1", "2")

    assert code_digest(copy) != before


@pytest.mark.parametrize("name", DECIDING)
def test_a_statement_more_in_any_deciding_module_counts(copy: Path, name: str) -> None:
    append(copy / name, "\nMORE = 1\n")

    assert code_digest(copy) != training_code_version()


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("training/fit/data.py", "TARGET_LIMIT = 6.0", "TARGET_LIMIT = 5.0"),
        ("training/fit/shard.py", "(0.9, 0.95)", "(0.9, 0.999)"),
        ("training/fit/state.py", "loss_C < self.best_loss", "loss_C <= self.best_loss"),
        ("training/fit/loop.py", '"num_sanity_val_steps": 0', '"num_sanity_val_steps": 1'),
        ("features/scaling.py", "CLIP = 5.0", "CLIP = 4.0"),
        ("models/architecture.py", "median_gain: float = 0.3", "median_gain: float = 0.2"),
    ],
)
def test_a_changed_constant_or_operator_counts(copy: Path, name: str, old: str, new: str) -> None:
    edit(copy / name, old, new)

    assert code_digest(copy) != training_code_version()


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_the_version_is_the_same_under_every_python(minor: int, tmp_path: Path) -> None:
    python = shutil.which(f"python3.{minor}") or ""
    environment = dict(os.environ) | {
        "PYENV_VERSION": f"3.{minor}"
    }  # where pyenv's shims stand in for the interpreters
    if not python or subprocess.run([python, "-V"], env=environment, capture_output=True).returncode:
        pytest.skip(f"no Python 3.{minor} here")
    # Nothing but the standard library: the other Python has none of our dependencies.
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); sys.dont_write_bytecode = True\n"
        "from pathlib import Path\n"
        "from coin_models.registry.deciding_code import deciding_files\n"
        "from coin_models.registry.source_tokens import significant_tokens\n"
        "for path in deciding_files(Path(sys.argv[1], 'coin_models')):\n"
        "    print(ascii(significant_tokens(path.read_text(encoding='utf-8'))))\n"
    )

    process = subprocess.run(
        [python, "-c", program, str(PACKAGE.parent)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert process.stdout.splitlines() == [
        ascii(significant_tokens((PACKAGE / name).read_text(encoding="utf-8"))) for name in DECIDING
    ]


def test_the_code_version_is_quick() -> None:
    started = time.perf_counter()
    code_digest(PACKAGE)

    assert time.perf_counter() - started < 1.0  # 0.06 s on an idle machine, once a process


def test_the_code_of_further_horizons_counts_where_there_are_any() -> None:
    assert training_code_version((("part", "horizons"),)) != training_code_version()
    assert not any(path.stem == "horizons" for path in deciding_files(PACKAGE))
