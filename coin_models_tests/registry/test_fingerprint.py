"""Fingerprints: equal for equal things, other for other things."""

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.registry.fingerprint import fingerprint, training_code_version
from coin_models.settings.training import TrainingSettings

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


def test_every_setting_of_the_fit_counts() -> None:
    base = fingerprint(training=TrainingSettings())

    assert fingerprint(training=TrainingSettings()) == base
    for change in ({"seed": 8}, {"width": 65}, {"quantiles": (0.1, 0.5, 0.95)}, {"precision": "tf32"}):
        assert fingerprint(training=TrainingSettings.model_validate(change)) != base


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


def test_the_code_version_is_of_contents_not_of_places(tmp_path: Path) -> None:
    import coin_models

    root = Path(coin_models.__file__).parent
    copy = tmp_path / "coin_models"
    for name in ("__init__.py", "registry/__init__.py", "registry/fingerprint.py", "registry/architecture.py"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes((root / name).read_bytes())
    for folder in ("training/fit", "features"):
        for path in (root / folder).rglob("*.py"):
            target = copy / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    program = "from coin_models.registry.fingerprint import training_code_version as v; print(v())"
    found = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert found.stdout.strip() == training_code_version()


def test_the_code_version_is_quick() -> None:
    started = time.perf_counter()
    training_code_version.__wrapped__()

    assert time.perf_counter() - started < 0.1  # 2 ms on an idle machine
