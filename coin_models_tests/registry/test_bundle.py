"""Bundles: the same model gives the same bytes, other bytes are refused."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.errors import ModelDamaged, UsageError
from coin_models.models.architecture import FURTHER_SHARE
from coin_models.models.family import foreign_tensors
from coin_models.registry.bundle import Bundle, Manifest, decode_bundle, encode_weights, make_bundle
from coin_models_tests.registry import builders


def test_a_bundle_comes_back_as_it_went() -> None:
    made = builders.bundle()
    decoded = decode_bundle(made.manifest.encode(), made.encoded_weights)

    assert decoded.manifest.encode() == made.manifest.encode()
    assert decoded.manifest.architecture == made.manifest.architecture
    assert decoded.manifest.scaling.center.tobytes() == made.manifest.scaling.center.tobytes()
    assert {name: array.tobytes() for name, array in decoded.weights.items()} == {
        name: array.tobytes() for name, array in made.weights.items()
    }


def test_the_arithmetics_come_back_in_order_and_the_manifest_says_which_is_which() -> None:
    manifest = replace(builders.bundle().manifest, arithmetic=("a", "b", "c"))
    decoded = Manifest.decode(manifest.encode())

    assert json.loads(manifest.encode())["arithmetic"] == {"fitted_under": ["a"], "resumed_under": ["b", "c"]}
    assert decoded.arithmetic == ("a", "b", "c")
    assert decoded.arithmetic_text == "a; resumed under b; resumed under c"


def test_a_manifest_of_the_version_before_has_no_arithmetic_and_is_read() -> None:
    content = json.loads(builders.bundle().manifest.encode())
    del content["arithmetic"]
    decoded = Manifest.decode(json.dumps(content).encode())

    assert decoded.arithmetic == ()
    assert decoded.arithmetic_text is None


def test_equal_weights_have_equal_bytes_in_whatever_order_they_are_given() -> None:
    parameters = builders.weights(builders.architecture())
    backwards = dict(reversed(parameters.items()))

    assert encode_weights(backwards) == encode_weights(parameters)
    assert encode_weights(builders.weights(builders.architecture(), seed=1)) != encode_weights(parameters)


_BUNDLE = builders.bundle()


@settings(max_examples=60, deadline=None)
@given(position=st.integers(0, len(_BUNDLE.encoded_weights) - 1), bit=st.integers(0, 7))
def test_any_flipped_bit_of_the_weights_is_noticed(position: int, bit: int) -> None:
    damaged = bytearray(_BUNDLE.encoded_weights)
    damaged[position] ^= 1 << bit

    with pytest.raises(ModelDamaged):
        decode_bundle(_BUNDLE.manifest.encode(), bytes(damaged))


@settings(max_examples=40, deadline=None)
@given(length=st.integers(0, len(_BUNDLE.manifest.encode()) - 1))
def test_a_manifest_cut_short_is_noticed(length: int) -> None:
    with pytest.raises(ModelDamaged, match="manifest cannot be read"):
        Manifest.decode(_BUNDLE.manifest.encode()[:length])


@pytest.mark.parametrize("content", [b"[]", b"null", b'"text"', b"{}", b'{"schema_version": 1}', b"\xff"])
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ModelDamaged):
        Manifest.decode(content)


def test_a_manifest_of_a_newer_schema_is_refused_with_the_remedy() -> None:
    newer = _BUNDLE.manifest.encode().replace(b'"schema_version": 1', b'"schema_version": 2')

    with pytest.raises(ModelDamaged, match="schema version 2, this code reads 1: upgrade it"):
        Manifest.decode(newer)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_make_no_bundle(value: float) -> None:
    parameters = builders.weights(builders.architecture())
    parameters["head.bias"][1] = value

    with pytest.raises(ModelDamaged, match=r"head.bias holds values that are not finite"):
        make_bundle(builders.manifest(), parameters)


def test_weights_of_another_architecture_make_no_bundle() -> None:
    with pytest.raises(ModelDamaged, match="names or shapes are not those"):
        make_bundle(builders.manifest(), builders.weights(builders.architecture(width=9)))


def test_a_scaling_of_other_features_makes_no_bundle() -> None:
    scaling = builders.manifest().scaling
    short = replace(scaling, center=scaling.center[1:], scale=scaling.scale[1:])

    with pytest.raises(ModelDamaged, match=r"scaling of .* features does not fit"):
        builders.bundle(scaling=short)


def with_trees(**tensors: np.ndarray) -> Bundle:
    """A model whose architecture names a further member, with these tensors of it."""
    of = builders.architecture(members=(("trees", 0.4),))
    weights = {**foreign_tensors(["trees"], builders.weights(of)), FURTHER_SHARE: np.ones(1, np.float32)}
    weights |= {f"members.trees.{name}": array for name, array in tensors.items()}
    return make_bundle(builders.manifest(architecture=of), weights)


def test_a_further_member_holds_tensors_of_shapes_of_its_own() -> None:
    made = with_trees(leaf=np.ones((2, 3), np.float32))
    decoded = decode_bundle(made.manifest.encode(), made.encoded_weights)

    assert decoded.manifest.architecture.members == (("trees", 0.4),)
    assert decoded.shares == pytest.approx({"network": 0.6, "reference": 0.0, "trees": 0.4})


def test_a_version_without_the_tensors_of_a_member_is_refused() -> None:
    with pytest.raises(ModelDamaged, match="it holds no tensor of its members trees"):
        with_trees()


def test_a_version_without_further_horizons_has_the_manifest_that_it_always_had() -> None:
    assert b"horizons" not in builders.manifest().encode()


def test_further_horizons_are_read_as_they_were_written() -> None:
    made = builders.with_horizons(15, 240)
    read = decode_bundle(made.manifest.encode(), made.encoded_weights)

    assert read.manifest.horizons == {15: {"skill": 0.01}, 240: {"skill": 0.02}}
    assert read.manifest.plugins == (("part", "horizons"),)
    assert read.at(60) is read
    assert read.at(240).manifest.architecture.horizon == 48
    assert read.at(240).manifest.metrics == {"validation": {"skill": 0.02}}


def test_a_horizon_that_a_version_does_not_forecast_is_refused_with_those_that_it_does() -> None:
    with pytest.raises(UsageError, match="forecasts 15m, 1h ahead, not 4h"):
        builders.with_horizons(15).at(240)


def test_tensors_of_a_horizon_that_the_manifest_does_not_name_are_damage() -> None:
    made = builders.with_horizons(15, 240)

    with pytest.raises(ModelDamaged, match="horizons that its manifest does not name"):
        make_bundle(replace(made.manifest, horizons={15: {}}), made.weights)
    with pytest.raises(ModelDamaged, match="8h ahead: the weights' names or shapes"):
        make_bundle(replace(made.manifest, horizons={**made.manifest.horizons, 480: {}}), made.weights)
