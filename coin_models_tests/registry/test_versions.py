"""Versions and decisions as values."""

from dataclasses import replace

import pytest

from coin_models.registry.versions import Publication, decided_by_of, version_id
from coin_models.storage.object_store import sha256_hex
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import DAY, decision


def test_a_version_is_named_by_coin_day_and_the_first_digits_of_its_fingerprint() -> None:
    assert version_id("BTC", DAY, "3fa9c1d2e4b5" + "0" * 52) == "BTC-2024-08-15-3fa9c1d2e4b5"


def test_a_publications_row_holds_the_digests_of_what_it_stores() -> None:
    bundle = builders.bundle()

    version = Publication(bundle=bundle, session_id="us", fit_seconds=1.5).version()

    assert version.weights_sha256 == sha256_hex(bundle.encoded_weights)
    assert version.manifest_sha256 == sha256_hex(bundle.manifest.encode())
    assert version.weights_sha256[:16] in version.weights_key
    assert version.manifest_sha256[:16] in version.manifest_key
    assert (version.skill, version.session_id, version.fit_seconds) == (0.0142, "us", 1.5)


def test_a_version_without_validation_figures_has_no_skill() -> None:
    assert Publication(bundle=builders.bundle(metrics={})).version().skill is None


@pytest.mark.parametrize(
    ("stored", "shown"), [("policy", "policy"), ("manual:ada", "manual:ada"), ("hand:ada", "manual:ada")]
)
def test_a_decision_of_the_version_before_is_read_in_the_words_of_this_one(stored: str, shown: str) -> None:
    assert decided_by_of(stored) == shown


def test_only_the_policys_decisions_are_not_manual() -> None:
    by_policy = decision("v1", "promote")

    assert not by_policy.is_manual
    assert replace(by_policy, decided_by="manual:ada").is_manual
