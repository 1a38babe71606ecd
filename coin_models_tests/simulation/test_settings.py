"""The settings of a night are those of the code alone."""

import pytest

from coin_models.simulation.settings import small_settings


def test_the_environment_of_the_user_changes_no_night(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = small_settings.__wrapped__()
    monkeypatch.setenv("COIN_MODELS_MARKET_MIN_HISTORY_DAYS", "7")
    monkeypatch.setenv("COIN_MODELS_STORE_URL", "s3://bucket")

    assert small_settings.__wrapped__() == plain
    assert plain.store_url is None
