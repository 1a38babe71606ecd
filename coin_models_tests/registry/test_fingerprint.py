"""Fingerprints: equal for equal things, other for other things."""

from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import UsageError
from coin_models.registry.fingerprint import fingerprint, training_code_version
from coin_models.settings.training import HARDWARE, TrainingSettings
from coin_models_tests.offers import offered

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(parts=st.dictionaries(st.sampled_from(["coin", "day", "seed", "parent"]), _values, min_size=1))
def test_the_order_of_the_parts_does_not_matter(parts: dict[str, object]) -> None:
    assert fingerprint(**parts) == fingerprint(**dict(reversed(parts.items())))


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    # printf '%s' '{"coin":"BTC","day":"2024-08-15","seed":7}' | sha256sum
    expected = "7c47824c0509ae52"

    assert fingerprint(seed=7, coin="BTC", day=date(2024, 8, 15))[:16] == expected


def changed(name: str) -> object:
    """Another valid value of a setting of the fit than its default."""
    value = getattr(TrainingSettings(), name)
    options = [option for option in get_args(TrainingSettings.model_fields[name].annotation) if isinstance(option, str)]
    if options:
        return next(option for option in options if option != value)
    if name == "features":
        return ("funding",)
    if name == "more_horizons_minutes":
        return (15,)
    if name == "members":
        return ("lightgbm:0.25",)
    if isinstance(value, tuple):
        return (value[0] / 2, *value[1:])
    return value + 1 if isinstance(value, int) else value * 0.9


@pytest.mark.parametrize("name", sorted(set(TrainingSettings.model_fields) - HARDWARE))
def test_every_deciding_setting_of_the_fit_counts(name: str) -> None:
    other = TrainingSettings.model_validate({name: changed(name)})

    assert fingerprint(training=other.deciding()) != fingerprint(training=TrainingSettings().deciding())


@pytest.mark.parametrize("name", sorted(HARDWARE))
def test_no_setting_of_the_hardware_counts(name: str) -> None:
    other = TrainingSettings.model_validate({name: changed(name)})

    assert fingerprint(training=other.deciding()) == fingerprint(training=TrainingSettings().deciding())


def test_the_smallest_change_of_a_number_counts() -> None:
    assert fingerprint(rate=0.1) != fingerprint(rate=0.1 + 2**-56)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        fingerprint(x=[value])


def test_things_that_look_different_on_every_machine_are_refused() -> None:
    for value in (object(), Path(), {1, 2}, b"bytes"):
        with pytest.raises(TypeError, match="cannot be part of a fingerprint"):
            fingerprint(x=value)


def test_nothing_has_no_fingerprint() -> None:
    with pytest.raises(ValueError, match="of nothing"):
        fingerprint()


FLAT = "class Flat:\n    distributions = ({rests_on!r},)\n    level = {level}\n"


def version_with_flat(folder: Path, *, level: float, rests_on: str = "numpy") -> str:
    """The version of the training code with a family of this code."""
    folder.mkdir()
    with offered(folder, FLAT.format(rests_on=rests_on, level=level), flat="Flat"):
        return training_code_version((("family", "flat"),))


def test_a_further_family_counts_by_its_code_and_by_what_it_rests_on(tmp_path: Path) -> None:
    first, same = (version_with_flat(tmp_path / name, level=1.0) for name in ("a", "b"))

    assert first == same
    assert first != training_code_version()
    assert first != version_with_flat(tmp_path / "c", level=2.0)
    assert first != version_with_flat(tmp_path / "d", level=1.0, rests_on="pandas")


def test_a_family_that_rests_on_what_is_not_installed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'flat' rests on the package no-such-package, which is not installed"):
        version_with_flat(tmp_path / "a", level=1.0, rests_on="no-such-package")
