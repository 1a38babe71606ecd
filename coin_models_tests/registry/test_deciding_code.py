"""Which modules decide weights."""

from pathlib import Path

import coin_models
from coin_models.registry.deciding_code import deciding_files

PACKAGE = Path(coin_models.__file__).parent
DECIDING = [path.relative_to(PACKAGE).as_posix() for path in deciding_files(PACKAGE)]


def test_what_decides_is_the_fit_and_what_it_imports_of_features_models_and_registry() -> None:
    assert "models/architecture.py" in DECIDING
    assert {"features/table.py", "features/grid.py", "features/indicators.py", "features/splits.py"} <= set(DECIDING)
    assert {f"training/fit/{path.name}" for path in (PACKAGE / "training/fit").glob("*.py")} <= set(DECIDING)


def made_package(folder: Path, **files: str) -> Path:
    """A package of these modules; `__` in a name stands for a folder."""
    for name, text in files.items():
        path = folder / (name.replace("__", "/") + ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def names(package: Path) -> list[str]:
    return [path.relative_to(package).as_posix() for path in deciding_files(package)]


def test_imports_are_followed_through_features_and_registry_and_no_further(tmp_path: Path) -> None:
    package = made_package(
        tmp_path,
        training__fit__loop="from coin_models.features import table\nimport coin_models.market.candles\n",
        features__table="from coin_models.registry.shapes import Shape\n",
        registry__shapes="",
        registry__other="",
        market__candles="",
    )

    assert names(package) == ["features/table.py", "registry/shapes.py", "training/fit/loop.py"]


def test_an_import_within_a_function_or_a_branch_counts(tmp_path: Path) -> None:
    package = made_package(
        tmp_path,
        training__fit__loop="def fit():\n    try:\n        import coin_models.features.table\n    finally:\n        pass\n",
        features__table="",
    )

    assert names(package) == ["features/table.py", "training/fit/loop.py"]


def test_two_modules_that_import_each_other_are_found_once(tmp_path: Path) -> None:
    package = made_package(
        tmp_path,
        training__fit__loop="from coin_models.features import a\n",
        features__a="from coin_models.features import b\n",
        features__b="from coin_models.features import a\n",
    )

    assert names(package) == ["features/a.py", "features/b.py", "training/fit/loop.py"]
