"""Groups of settings: frozen, read from text, with every problem listed and no rule on invalid ground."""

from pathlib import Path

import pytest

from coin_models.settings.training import TrainingSettings
from coin_models_tests.settings.environments import refusal


def test_an_unknown_key_of_a_group_is_said_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_TRAINING_EPOCS": "3"})

    assert message.count("unknown setting") == 1


def test_a_rule_says_nothing_while_a_setting_that_it_rests_on_is_invalid(tmp_path: Path) -> None:
    # 100 days held out would contradict the default lookback of 90, but the meaning of "long" is unknown.
    variables = {"COIN_MODELS_TRAINING_VALIDATION_DAYS": "100", "COIN_MODELS_TRAINING_LOOKBACK_DAYS": "long"}
    message = refusal(tmp_path, variables)

    assert "1 problem(s)" in message
    assert "must be less than" not in message


def test_the_rules_of_the_whole_are_looked_at_while_a_group_has_an_invalid_setting(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_SOURCE": "files", "COIN_MODELS_MARKET_DEMO_SEED": "seven"})

    assert "market.demo_seed: " in message
    assert "source 'files' needs market.files_path" in message


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        TrainingSettings().epochs = 5  # type: ignore[misc]


def test_a_group_made_in_code_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValueError, match="must be less than lookback_days") as refused:
        TrainingSettings(validation_days=90, quantiles=(0.5,))

    assert "must hold 0.5 and one on either side" in str(refused.value)
