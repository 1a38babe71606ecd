"""Families of forecasts: found by name, offered by any installed package."""

from pathlib import Path

import numpy as np
import pytest

from coin_models.errors import UsageError
from coin_models.models import family as families
from coin_models.models.boosting import BoostedTrees
from coin_models.plugins import source_of
from coin_models_tests.offers import offered

FLAT = "class Flat:\n    distributions = ()\n"


def test_the_products_own_family_is_there() -> None:
    assert isinstance(families.family("lightgbm"), BoostedTrees)
    assert source_of(families.family("lightgbm")).name == "boosting.py"


def test_a_package_offers_a_family_by_an_entry_point(tmp_path: Path) -> None:
    with offered(tmp_path, FLAT, flat="Flat") as module:
        assert type(families.family("flat")).__name__ == "Flat"
        assert source_of(families.family("flat")) == module
        assert families.GROUP.names() == ["flat", "lightgbm"]


def test_a_family_that_no_package_offers_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="'nope', which no installed package offers; there are lightgbm"):
        families.family("nope")


def test_a_family_that_cannot_be_loaded_is_refused_with_the_reason(tmp_path: Path) -> None:
    with (
        offered(tmp_path, FLAT, broken="Missing"),
        pytest.raises(
            UsageError,
            match=r"the family of forecasts 'broken' cannot be loaded from module_of_plugins:Missing: AttributeError",
        ),
    ):
        families.family("broken")


def test_tensors_of_members_are_told_apart() -> None:
    one, two = np.ones(1, np.float32), np.zeros(2, np.float32)
    weights = {"head.bias": two, **families.named_tensors("a", {"x": one}), **families.named_tensors("ab", {"x": two})}

    assert families.tensors_of("a", weights) == {"x": one}
    assert families.foreign_tensors(["a", "ab"], weights).keys() == {"head.bias"}
