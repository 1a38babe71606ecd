"""The secret is planted in every setting of a secret type, and in the URLs that take credentials."""

import pytest

from coin_models.settings.load import load_settings, secret_names
from coin_models.settings.renamed import variable_of
from coin_models_tests.settings.planted import SECRET, planted


def test_every_secret_setting_is_planted_and_all_are_accepted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in planted().items():
        monkeypatch.setenv(name, value)
    load_settings()

    with_secret = {name for name, value in planted().items() if SECRET in value}
    assert with_secret >= {*map(variable_of, secret_names()), "COIN_MODELS_MARKET_EXCHANGE_BASE_URL"}
